//! A root directory of the program's own, with only the files that it was given.

use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags};
use rustix::mount::{
    MountFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags, mount,
    mount_change, move_mount, open_tree, unmount,
};
use rustix::process::{chdir, pivot_root, umask};

use crate::failure::{Failure, While};

/// Holds mount points only: empty files and directories.
const TMPFS_OPTIONS: &CStr = c"size=64k,nr_inodes=1024,mode=0755";

pub struct Root {
    pub dir: PathBuf,
    pub binds: Vec<Bind>,
}

pub struct Bind {
    pub source: PathBuf,
    pub target: PathBuf,
    pub access: Access,
}

#[derive(Clone, Copy)]
pub enum Access {
    ReadOnly,
    Writable,
    /// A device node that works as one.
    Device,
}

impl Root {
    /// Makes the tmpfs over `dir` the root of this (new) mount namespace, with nothing in it but the binds, and the
    /// current directory with it. Every source is opened while the old root is still there and attached once it is
    /// gone: so targets are plain paths, a link inside a bound directory leads nowhere else, and since all mount points
    /// are made first nothing is ever created in a bound directory.
    pub fn enter(&self) -> Result<(), Failure> {
        mount_change(
            "/",
            MountPropagationFlags::REC | MountPropagationFlags::PRIVATE,
        )
        .while_doing(|| "mount propagation")?;
        let trees = self
            .binds
            .iter()
            .map(Bind::open)
            .collect::<Result<Vec<_>, _>>()?;
        let what = || format!("root {}", self.dir.display());
        mount(
            "tmpfs",
            &self.dir,
            "tmpfs",
            MountFlags::NOSUID | MountFlags::NODEV,
            TMPFS_OPTIONS,
        )
        .while_doing(what)?;
        chdir(&self.dir).while_doing(what)?;
        // With "." for both, the old root is stacked upon the new one and is what the unmount takes away.
        pivot_root(".", ".").while_doing(what)?;
        unmount(".", UnmountFlags::DETACH).while_doing(what)?;
        chdir("/").while_doing(what)?;

        let mask_before = umask(Mode::from_raw_mode(0o022));
        for (bind, tree) in self.binds.iter().zip(&trees) {
            bind.make_mount_point(tree)?;
        }
        umask(mask_before);
        for (bind, tree) in self.binds.iter().zip(&trees) {
            move_mount(
                tree,
                "",
                CWD,
                &bind.target,
                MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH,
            )
            .while_doing(|| bind.name())?;
        }
        let root = rustix::fs::open("/", OFlags::PATH | OFlags::CLOEXEC, Mode::empty())
            .while_doing(what)?;
        set_attributes(root.as_fd(), libc::MOUNT_ATTR_RDONLY, 0).while_doing(what)
    }
}

impl Bind {
    /// A detached copy of what is mounted at the source, with its restrictions already on. They are added to those
    /// that the source has: taking one away is not allowed in a user namespace, nor wanted.
    fn open(&self) -> Result<OwnedFd, Failure> {
        let flags = OpenTreeFlags::OPEN_TREE_CLONE
            | OpenTreeFlags::OPEN_TREE_CLOEXEC
            | OpenTreeFlags::AT_RECURSIVE;
        let tree = open_tree(CWD, &self.source, flags).while_doing(|| self.name())?;
        let restrictions = match self.access {
            Access::ReadOnly => {
                libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV
            }
            Access::Writable => libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV,
            Access::Device => libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NOEXEC,
        };
        set_attributes(tree.as_fd(), restrictions, libc::AT_RECURSIVE)
            .while_doing(|| self.name())?;
        Ok(tree)
    }

    fn make_mount_point(&self, tree: &OwnedFd) -> Result<(), Failure> {
        let stat = rustix::fs::fstat(tree).while_doing(|| self.name())?;
        let is_dir = FileType::from_raw_mode(stat.st_mode).is_dir();
        if !is_dir && let Some(parent) = self.target.parent() {
            make_dirs(parent)
                .and_then(|()| make_file(&self.target))
                .while_doing(|| self.name())
        } else {
            make_dirs(&self.target).while_doing(|| self.name())
        }
    }

    fn name(&self) -> String {
        format!(
            "bind {} at {}",
            self.source.display(),
            self.target.display()
        )
    }
}

fn make_dirs(dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)
}

fn make_file(file: &Path) -> std::io::Result<()> {
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(file)
        .map(drop)
}

/// mount_setattr(2), which rustix does not have.
fn set_attributes(
    mount: BorrowedFd<'_>,
    attributes: u64,
    flags: libc::c_int,
) -> std::io::Result<()> {
    let change = libc::mount_attr {
        attr_set: attributes,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    // SAFETY: The path is an empty C string, the structure outlives the call, and its true size is given with it.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH | flags,
            &raw const change,
            size_of::<libc::mount_attr>(),
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(std::io::Error::last_os_error())
    }
}
