//! The root file system: the image read-only, the scratch drive over it, and the way there.

use std::fs;
use std::path::Path;

use rustix::mount::{MountFlags, UnmountFlags, mount, mount_bind, mount_move, unmount};

use crate::step::{During, Failure};

const NEW_ROOT: &str = "/newroot";

/// Mounts `/proc`, `/sys` and `/dev`.
pub fn mount_kernel_file_systems() -> Result<(), Failure> {
    let guarded = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    mount("proc", "/proc", "proc", guarded, None).during("mounting /proc")?;
    mount("sysfs", "/sys", "sysfs", guarded, None).during("mounting /sys")?;
    let flags = MountFlags::NOSUID | MountFlags::NOEXEC;
    mount("devtmpfs", "/dev", "devtmpfs", flags, c"mode=0755").during("mounting /dev")
}

/// Puts the image under a fresh upper layer on the scratch drive.
pub fn mount_overlay() -> Result<(), Failure> {
    let flags = MountFlags::NOATIME | MountFlags::NODEV;
    mount(
        "/dev/vda",
        "/image",
        "ext4",
        flags | MountFlags::RDONLY,
        None,
    )
    .during("mounting the image /dev/vda")?;
    mount("/dev/vdb", "/scratch", "ext4", flags, None)
        .during("mounting the scratch drive /dev/vdb")?;
    for dir in ["/scratch/upper", "/scratch/work"] {
        fs::create_dir_all(dir).during(format!("making {dir}"))?;
    }
    // Scratch does not outlive the VM, so nothing is gained by waiting for the drive on fsync.
    let layers = c"lowerdir=/image,upperdir=/scratch/upper,workdir=/scratch/work,volatile";
    mount("overlay", NEW_ROOT, "overlay", flags, layers).during("mounting the overlay")?;
    // The overlay holds both; by name nobody shall reach them.
    for dir in ["/image", "/scratch"] {
        unmount(dir, UnmountFlags::DETACH).during(format!("detaching {dir}"))?;
    }
    Ok(())
}

/// Makes the overlay the root, with this program at `agent` in it. The initrd's own file system
/// stays as the holder of this program; everything else in it is freed.
pub fn switch(agent: &Path) -> Result<(), Failure> {
    let in_new_root =
        |path: &Path| Path::new(NEW_ROOT).join(path.strip_prefix("/").unwrap_or(path));
    let target = in_new_root(agent);
    mount_bind("/init", &target).during(format!("mounting /init at {}", target.display()))?;
    fs::remove_dir_all("/modules").during("removing /modules")?;
    for dir in ["/proc", "/sys", "/dev"] {
        mount_move(dir, in_new_root(Path::new(dir))).during(format!("moving {dir}"))?;
    }
    std::env::set_current_dir(NEW_ROOT).during("entering the new root")?;
    mount_move(".", "/").during("moving the new root")?;
    rustix::process::chroot(".").during("changing the root")?;
    std::env::set_current_dir("/").during("entering the root")
}
