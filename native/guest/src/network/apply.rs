//! Makes a link what the settings say, and nothing else: what was there before goes.

use std::fs;
use std::io;
use std::path::Path;

use rustix::net::netdevice::name_to_index;

use super::message::Request;
use super::netlink::Netlink;
use super::{LinkSettings, Settings, device, resolver};
use crate::step::{During, Failure};

const RESOLVER_FILE: &str = "/etc/resolv.conf";
/// The host gives addresses: routers are not asked and not believed, and nobody has the same one.
const IPV6_SETTINGS: [(&str, &str); 4] = [
    ("accept_ra", "0"),
    ("autoconf", "0"),
    ("accept_redirects", "0"),
    ("accept_dad", "0"),
];

/// Sets up the VM's network device, and the resolver.
pub fn configure_device(settings: &Settings) -> Result<(), Failure> {
    if let Some(link) = &settings.link {
        configure_link(&device::link().during("finding the network device")?, link)?;
    }
    if let Some(nameservers) = &settings.nameservers {
        resolver::write(Path::new(RESOLVER_FILE), nameservers)
            .during(format!("writing {RESOLVER_FILE}"))?;
    }
    Ok(())
}

/// Sets up the link of this name.
pub fn configure_link(name: &str, settings: &LinkSettings) -> Result<(), Failure> {
    let mut netlink = Netlink::open().during("opening netlink")?;
    let index = name_to_index(&netlink, name).during(format!("finding the link {name}"))?;
    // Routes and IPv6 addresses go when the link goes down.
    netlink
        .change(&Request::set_link(index, false, settings.mtu))
        .during(format!("taking {name} down"))?;
    remove_addresses(&mut netlink, index).during(format!("clearing {name}"))?;
    set_ipv6(name).during(format!("the IPv6 settings of {name}"))?;
    netlink
        .change(&Request::set_link(index, true, None))
        .during(format!("bringing {name} up"))?;
    for prefix in &settings.addresses {
        netlink
            .change(&Request::add_address(index, prefix))
            .during(format!("adding the address {prefix}"))?;
    }
    for gateway in &settings.gateways {
        netlink
            .change(&Request::add_default_route(index, gateway))
            .during(format!("adding the route by {}", gateway.address))?;
    }
    Ok(())
}

fn remove_addresses(netlink: &mut Netlink, index: u32) -> io::Result<()> {
    let removals = netlink.list(&Request::list_addresses(), |listed| {
        Request::remove_address(listed, index)
    })?;
    for removal in removals {
        match netlink.change(&removal) {
            // Gone with another one of the same network.
            Err(error) if error.raw_os_error() == Some(libc::EADDRNOTAVAIL) => {}
            other => other?,
        }
    }
    Ok(())
}

/// A kernel or a link without IPv6 has no settings for it.
fn set_ipv6(name: &str) -> io::Result<()> {
    let dir = Path::new("/proc/sys/net/ipv6/conf").join(name);
    if !dir.try_exists()? {
        return Ok(());
    }
    IPV6_SETTINGS
        .iter()
        .try_for_each(|(setting, value)| fs::write(dir.join(setting), value))
}
