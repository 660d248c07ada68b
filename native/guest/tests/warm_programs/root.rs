//! An image's root, for one process and what it starts.

use std::io;
use std::path::Path;
use std::process::Command;

use rustix::mount::{MountPropagationFlags, mount_change};
use rustix::process::chroot;
use rustix::thread::{UnshareFlags, unshare_unsafe};

/// Makes the image the root of the calling process, with directories of its own to write to, which
/// are gone with it.
pub fn enter_image(image: &Path, mount_point: &Path) -> io::Result<()> {
    // SAFETY: the process has one thread, and keeps its table of descriptors.
    unsafe { unshare_unsafe(UnshareFlags::NEWNS)? };
    mount_change(
        "/",
        MountPropagationFlags::PRIVATE | MountPropagationFlags::REC,
    )?;
    let image = image.to_str().ok_or(io::ErrorKind::InvalidFilename)?;
    mount(&["-o", "loop,ro", image], mount_point)?;
    let at = |name: &str| mount_point.join(name);
    mount(
        &["-t", "tmpfs", "-o", "mode=755,uid=1000,gid=1000", "none"],
        &at("work"),
    )?;
    mount(&["-t", "tmpfs", "-o", "mode=1777", "none"], &at("tmp"))?;
    mount(&["-t", "tmpfs", "-o", "mode=755", "none"], &at("run"))?;
    mount(&["-t", "proc", "none"], &at("proc"))?;
    mount(&["--rbind", "/dev"], &at("dev"))?;
    mount(&["--rbind", "/sys"], &at("sys"))?;
    chroot(mount_point)?;
    std::env::set_current_dir("/")
}

fn mount(what: &[&str], at: &Path) -> io::Result<()> {
    match Command::new("mount").args(what).arg(at).status()?.success() {
        true => Ok(()),
        false => Err(io::Error::other(format!("mount {what:?} {}", at.display()))),
    }
}
