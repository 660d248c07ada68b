//! What a run needs: where it works, as whom, in which group of processes, with what rights.

pub mod archive;
pub mod cgroup;
pub mod confine;
pub mod files;
pub mod job;
pub mod runtime;
pub mod seccomp;
pub mod start;
pub mod waiting;

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cgroup::Cgroup;
use runtime::{RUNTIME_FILE, Runtime};

/// The workload's directory, its home.
pub const WORK_DIR: &str = "/work";
/// The user that an image has for workloads.
pub const WORKLOAD_USER: User = User {
    uid: 1000,
    gid: 1000,
};

/// Building is preparation, which the program's own time does not count. The host waits a little
/// longer for the program to start.
const BUILD_TIMEOUT: Duration = Duration::from_secs(100);

/// An interpreter that has waited longer is not used: what it saw of the machine is of then.
const WAITING_LIMIT: Duration = Duration::from_secs(600);

/// A user and its only group.
#[derive(Clone, Copy)]
pub struct User {
    pub uid: u32,
    pub gid: u32,
}

/// A group of processes that can be ended together.
pub trait ProcessTree {
    /// Puts the calling process, and so what it starts, into the tree.
    fn enter(&self) -> io::Result<()>;
    /// Kills every process of the tree, without waiting for their end.
    fn kill(&self) -> io::Result<()>;
    /// Waits until no process is left; false at the deadline.
    fn wait_empty(&self, deadline: Instant) -> io::Result<bool>;
    /// How often the kernel killed in this tree because its memory was used up.
    fn out_of_memory_kills(&self) -> io::Result<u64>;
}

/// Makes the tree of one run.
pub type MakeTree = Box<dyn Fn() -> io::Result<Box<dyn ProcessTree>>>;

/// Where and how workloads run.
pub struct Site {
    /// The working directory, owned by the user.
    pub dir: PathBuf,
    /// Whom workloads run as. None keeps the caller, who must then have no rights to give up.
    pub user: Option<User>,
    pub runtime: Runtime,
    pub build_timeout: Duration,
    /// How long an interpreter may have waited when it is given its program.
    pub waiting_limit: Duration,
    /// Held while a run lasts: there is one at a time.
    pub lock: PathBuf,
    pub make_tree: MakeTree,
}

impl Site {
    /// The site inside a VM.
    pub fn of_vm() -> io::Result<Self> {
        Ok(Self {
            dir: WORK_DIR.into(),
            user: Some(WORKLOAD_USER),
            runtime: Runtime::read(Path::new(RUNTIME_FILE))?,
            build_timeout: BUILD_TIMEOUT,
            waiting_limit: WAITING_LIMIT,
            lock: "/run/vulcan-guest.lock".into(),
            make_tree: Box::new(|| {
                let path = Path::new(crate::boot::WORKLOAD_GROUPS).join("workload");
                let group = Cgroup::create(path)?;
                group.limit_to_vm()?;
                Ok(Box::new(group))
            }),
        })
    }
}
