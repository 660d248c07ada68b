//! `exec --tap`: a program has the device, whoever and wherever it is. Each test is in a network namespace of its own.

mod common;

use std::process::{Command, Output};

use common::{LAUNCH, OTHER_ID, is_root, run, skip, stderr, stdout, successful};

/// Runs a script, in which `$LAUNCH` is the program under test, where nothing leads out of.
fn in_own_network(script: &str) -> Output {
    Command::new("unshare")
        .args(["--net", "/bin/sh", "-ec", script])
        .env("LAUNCH", LAUNCH)
        .output()
        .expect("unshare")
}

#[test]
fn the_program_finds_the_device_on_its_descriptor_in_a_namespace_without_it() {
    if !is_root() {
        return skip("only root can make a TAP device");
    }
    for fd in [3, 4, 9] {
        let output = in_own_network(&format!(
            "ip tuntap add tap7 mode tap
             exec $LAUNCH exec --new-netns --tap tap7:{fd} --uid {OTHER_ID} --gid {OTHER_ID} -- \
                 /bin/sh -c 'grep iff: /proc/self/fdinfo/{fd}; tail -n +3 /proc/self/net/dev'"
        ));
        let lines = successful(&output);
        let words: Vec<&str> = lines.split_whitespace().take(3).collect();
        assert_eq!(words, ["iff:", "tap7", "lo:"], "{lines}");
    }
}

#[test]
fn a_device_that_is_missing_is_not_made() {
    if !is_root() {
        return skip("only root can make a TAP device");
    }
    let output = in_own_network("$LAUNCH exec --tap tap7:3 -- echo ran || ip link show tap7");
    assert_eq!(stdout(&output), "");
    let words = stderr(&output);
    assert!(
        words.contains("vulcan-launch: TAP tap7: No such device"),
        "{words}"
    );
    assert!(words.contains("Device \"tap7\" does not exist"), "{words}");
}

#[test]
fn another_kind_of_device_is_refused() {
    if !is_root() {
        return skip("only root can make a TAP device");
    }
    let output = in_own_network("exec $LAUNCH exec --tap lo:3 -- echo ran");
    assert_eq!(output.status.code(), Some(125));
    assert_eq!(stdout(&output), "");
    assert!(stderr(&output).starts_with("vulcan-launch: TAP lo: "));
}

#[test]
fn a_device_needs_a_name_and_a_free_descriptor() {
    for tap in [
        "tap7",
        "tap7:",
        ":3",
        "tap7:2",
        "tap7:x",
        "sixteen-letters-:3",
    ] {
        let output = run(["exec", "--tap", tap, "--", "true"]);
        assert_eq!(output.status.code(), Some(64), "{tap}");
    }
}

#[test]
fn a_device_of_the_programs_namespace_is_given_to_its_user() {
    if !is_root() {
        return skip("only root can make a TAP device");
    }
    let output = in_own_network(&format!(
        "ip tuntap add tap7 mode tap
         $LAUNCH exec --tap-owner tap7:{OTHER_ID} --uid {OTHER_ID} --gid {OTHER_ID} -- /bin/true
         ip -details link show tap7"
    ));
    let words = successful(&output);
    assert!(words.contains(&format!(" user {OTHER_ID} ")), "{words}");
}

#[test]
fn a_device_without_an_owner_is_a_mistake_of_the_caller() {
    for given in ["tap7", "tap7:me", ":7", "much-too-long-for-it:7"] {
        let output = run(["exec", "--tap-owner", given, "--", "echo", "ran"]);
        assert_eq!(stdout(&output), "");
        let words = stderr(&output);
        assert!(
            words.contains(&format!("--tap-owner {given}: takes NAME:UID")),
            "{words}"
        );
    }
}
