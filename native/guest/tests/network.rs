//! A link is set up in a network namespace of its own, which nothing leads out of.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use rustix::process::{getegid, geteuid};
use rustix::thread::{UnshareFlags, unshare_unsafe};
use serde_json::{Value, json};
use vulcan_guest::fork::fork;
use vulcan_guest::network::{Settings, configure_link};

const LINK: &str = "vnet0";

/// Runs `body` beside a pair of links, of which only [`LINK`] is set up by it.
fn in_own_network(body: impl FnOnce()) {
    let child = fork(|| {
        enter_own_network();
        ip(&[
            "link", "add", LINK, "type", "veth", "peer", "name", "router",
        ]);
        ip(&["link", "set", "router", "up"]);
        body();
        0
    })
    .expect("fork");
    let status = child.wait().expect("wait");
    assert_eq!(status.exit_status(), Some(0));
}

fn enter_own_network() {
    let (uid, gid) = (geteuid(), getegid());
    let flags = UnshareFlags::NEWNET | UnshareFlags::NEWUSER;
    // SAFETY: the child has one thread, and its descriptors stay.
    unsafe { unshare_unsafe(flags) }.expect("namespaces");
    fs::write("/proc/self/setgroups", "deny").expect("setgroups");
    fs::write("/proc/self/uid_map", format!("0 {uid} 1")).expect("uid_map");
    fs::write("/proc/self/gid_map", format!("0 {gid} 1")).expect("gid_map");
}

fn ip(args: &[&str]) -> String {
    let output = Command::new("ip").args(args).output().expect("ip");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ip {args:?}: {words}");
    String::from_utf8(output.stdout).expect("text")
}

fn configure(request: Value) -> Result<(), String> {
    let request = serde_json::from_value(request).expect("request");
    let link = Settings::check(&request).expect("settings").link;
    configure_link(LINK, &link.expect("link")).map_err(|failure| failure.to_string())
}

/// The addresses of the link but for the ones that the kernel makes itself.
fn addresses() -> Vec<String> {
    let text = ip(&[
        "-oneline", "address", "show", "dev", LINK, "scope", "global",
    ]);
    let address = |line: &str| line.split_whitespace().nth(3).map(str::to_owned);
    text.lines().filter_map(address).collect()
}

fn ipv6_setting(name: &str) -> String {
    let path = format!("/proc/sys/net/ipv6/conf/{LINK}/{name}");
    fs::read_to_string(path).expect("setting").trim().to_owned()
}

#[test]
fn addresses_routes_and_mtu_are_there_at_once_and_router_advertisements_are_not_heeded() {
    in_own_network(|| {
        let done = configure(json!({
            "address": ["192.0.2.2/24", "2001:db8::2/64"],
            "gateway": ["192.0.2.1", "2001:db8::1"],
            "mtu": 1400,
        }));
        assert_eq!(done, Ok(()));
        assert_eq!(addresses(), ["192.0.2.2/24", "2001:db8::2/64"]);
        let link = ip(&["link", "show", "dev", LINK]);
        assert!(link.contains(",UP") && link.contains("mtu 1400"), "{link}");
        let text = ip(&["address", "show", "dev", LINK]);
        assert!(!text.contains("tentative"), "{text}");
        let route = ip(&["route", "show", "default"]);
        assert!(
            route.starts_with("default via 192.0.2.1 dev vnet0"),
            "{route}"
        );
        let route = ip(&["-6", "route", "show", "default"]);
        assert!(
            route.starts_with("default via 2001:db8::1 dev vnet0"),
            "{route}"
        );
        for name in ["accept_ra", "autoconf", "accept_redirects"] {
            assert_eq!(ipv6_setting(name), "0", "{name}");
        }
    });
}

#[test]
fn a_gateway_outside_the_networks_is_on_the_link() {
    in_own_network(|| {
        let done = configure(json!({
            "address": ["198.51.100.2/32", "2001:db8:1::2/128"],
            "gateway": ["192.0.2.1", "fe80::1"],
        }));
        assert_eq!(done, Ok(()));
        for (family, gateway) in [("-4", "192.0.2.1"), ("-6", "fe80::1")] {
            let route = ip(&[family, "route", "show", "default"]);
            assert!(
                route.contains(gateway) && route.contains("onlink"),
                "{route}"
            );
        }
    });
}

#[test]
fn what_was_configured_before_is_gone() {
    in_own_network(|| {
        let first = json!({
            "address": ["192.0.2.2/24", "192.0.2.3/24", "2001:db8::2/64"],
            "gateway": ["192.0.2.1", "2001:db8::1"],
        });
        assert_eq!(configure(first), Ok(()));
        assert_eq!(configure(json!({"address": "192.0.2.2/24"})), Ok(()));
        assert_eq!(addresses(), ["192.0.2.2/24"]);
        assert_eq!(ip(&["route", "show", "default"]), "");
        assert_eq!(ip(&["-6", "route", "show", "default"]), "");
    });
}

#[test]
fn a_step_that_fails_is_named_with_its_error() {
    in_own_network(|| {
        let twice = json!({"address": ["192.0.2.2/24", "192.0.2.2/24"]});
        let error = configure(twice).expect_err("the second is there already");
        let words = "adding the address 192.0.2.2/24: File exists (os error 17)";
        assert_eq!(error, words);
    });
}

#[test]
fn loopback_is_another_link() {
    in_own_network(|| {
        ip(&["link", "set", "lo", "up"]);
        assert_eq!(configure(json!({"address": "192.0.2.2/24"})), Ok(()));
        let listener = TcpListener::bind("127.0.0.1:0").expect("listener");
        TcpStream::connect(listener.local_addr().expect("address")).expect("connection");
    });
}
