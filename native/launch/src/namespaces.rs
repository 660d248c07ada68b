//! Network, mount and (without root) user namespaces.

use std::fs::File;
use std::os::fd::AsFd;
use std::path::PathBuf;

use rustix::process::{getegid, geteuid};
use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space, unshare_unsafe};

use crate::failure::{Failure, While};

#[derive(Default)]
pub enum Network {
    #[default]
    Inherited,
    /// A namespace with nothing but a loopback interface that is down.
    New,
    /// The namespace behind this file, such as `/run/netns/NAME`.
    Join(PathBuf),
}

/// Enters what was asked for. Without root, new namespaces are made inside a user namespace that maps the caller to
/// itself: full capabilities in there until the program is executed, none afterwards.
pub fn enter(network: &Network, own_mounts: bool) -> Result<(), Failure> {
    let mut flags = UnshareFlags::empty();
    flags.set(UnshareFlags::NEWNET, matches!(network, Network::New));
    flags.set(UnshareFlags::NEWNS, own_mounts);
    if let Network::Join(path) = network {
        let namespace =
            File::open(path).while_doing(|| format!("network namespace {}", path.display()))?;
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
            .while_doing(|| format!("network namespace {}", path.display()))?;
    }
    if flags.is_empty() {
        return Ok(());
    }
    let (uid, gid) = (geteuid(), getegid());
    if !uid.is_root() {
        unshare(UnshareFlags::NEWUSER)
            .while_doing(|| "user namespace (are they allowed on this machine?)")?;
        write_map("setgroups", "deny")?;
        write_map("uid_map", &format!("{uid} {uid} 1"))?;
        write_map("gid_map", &format!("{gid} {gid} 1"))?;
    }
    unshare(flags).while_doing(|| "namespaces")
}

fn unshare(flags: UnshareFlags) -> rustix::io::Result<()> {
    // SAFETY: The descriptor table is not unshared, and there are no other threads.
    unsafe { unshare_unsafe(flags) }
}

fn write_map(name: &str, line: &str) -> Result<(), Failure> {
    std::fs::write(format!("/proc/self/{name}"), line)
        .while_doing(|| format!("user namespace {name}"))
}
