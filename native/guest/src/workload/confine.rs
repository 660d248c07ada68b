//! Giving up rights: what a workload's process is before any of its code runs.

use std::fs;
use std::io;
use std::path::Path;

use rustix::fs::Mode;
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, chroot, getrlimit, setrlimit, setsid, umask};
use rustix::thread::{
    CapabilitySet, CapabilitySets, Gid, Uid, clear_ambient_capability_set,
    remove_capability_from_bounding_set, set_capabilities, set_no_new_privs, set_thread_groups,
    set_thread_res_gid, set_thread_res_uid,
};
use seccompiler::BpfProgram;

use super::User;
use super::seccomp;

/// Ends before everything else when memory does.
const OOM_SCORE_ADJ: &str = "1000";
const OPEN_FILES_SOFT: u64 = 1024;
const OPEN_FILES_HARD: u64 = 65_536;

/// The rights of workloads, prepared before a process needs them.
pub struct Confinement {
    user: Option<User>,
    filter: BpfProgram,
}

impl Confinement {
    /// None keeps the caller's user, who must then be one without rights.
    pub fn new(user: Option<User>) -> io::Result<Self> {
        Ok(Self {
            user,
            filter: seccomp::filter().map_err(io::Error::other)?,
        })
    }

    /// Confines the calling process, for good; with `root` it sees only what is below it.
    pub fn enter(&self, root: Option<&Path>) -> io::Result<()> {
        setsid()?;
        fs::write("/proc/self/oom_score_adj", OOM_SCORE_ADJ)?;
        umask(Mode::from_raw_mode(0o022));
        limit_resources()?;
        if let Some(user) = self.user {
            if let Some(root) = root {
                chroot(root)?;
                std::env::set_current_dir("/")?;
            }
            become_user(user)?;
        }
        keep_descriptors_from_programs()?;
        set_no_new_privs(true)?;
        seccompiler::apply_filter(&self.filter).map_err(io::Error::other)
    }
}

/// Leaves a program the standard streams only, whatever else was inherited.
fn keep_descriptors_from_programs() -> io::Result<()> {
    let first = libc::STDERR_FILENO + 1;
    let flags = libc::CLOSE_RANGE_CLOEXEC;
    // SAFETY: the call marks descriptors and touches no memory.
    match unsafe { libc::syscall(libc::SYS_close_range, first, libc::c_int::MAX, flags) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn limit_resources() -> io::Result<()> {
    let limit = |current, maximum| Rlimit {
        current: Some(current),
        maximum: Some(maximum),
    };
    setrlimit(Resource::Core, limit(0, 0))?;
    let open_files =
        |hard: u64| setrlimit(Resource::Nofile, limit(hard.min(OPEN_FILES_SOFT), hard));
    match (
        open_files(OPEN_FILES_HARD),
        getrlimit(Resource::Nofile).maximum,
    ) {
        // Outside a VM there may be a lower limit that cannot be raised.
        (Err(Errno::PERM), Some(maximum)) => open_files(maximum),
        (other, _) => other,
    }
    .map_err(io::Error::from)
}

fn become_user(user: User) -> io::Result<()> {
    clear_ambient_capability_set()?;
    drop_bounding_set()?;
    let (uid, gid) = (Uid::from_raw(user.uid), Gid::from_raw(user.gid));
    set_thread_groups(&[])?;
    set_thread_res_gid(gid, gid, gid)?;
    set_thread_res_uid(uid, uid, uid)?;
    let none = CapabilitySet::empty();
    let sets = CapabilitySets {
        effective: none,
        permitted: none,
        inheritable: none,
    };
    Ok(set_capabilities(None, sets)?)
}

/// The rights to files of the calling process are a user's until this is dropped (setfsuid(2)).
pub struct FilesAs {
    before: User,
}

impl FilesAs {
    pub fn user(user: User) -> Self {
        Self {
            before: set_files_user(user),
        }
    }
}

impl Drop for FilesAs {
    fn drop(&mut self) {
        set_files_user(self.before);
    }
}

/// Gives whose they were before. The calls do not fail for a process that may become anybody.
fn set_files_user(User { uid, gid }: User) -> User {
    // SAFETY: the calls change who this process is for file systems, and touch no memory.
    let (gid, uid) = unsafe { (libc::setfsgid(gid), libc::setfsuid(uid)) };
    User {
        uid: uid.cast_unsigned(),
        gid: gid.cast_unsigned(),
    }
}

/// Drops every capability that this kernel knows, also those that are younger than this program.
fn drop_bounding_set() -> io::Result<()> {
    for number in 0..u64::BITS {
        match remove_capability_from_bounding_set(CapabilitySet::from_bits_retain(1 << number)) {
            Err(Errno::INVAL) if number > 0 => break,
            other => other?,
        }
    }
    Ok(())
}
