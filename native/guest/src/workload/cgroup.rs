//! A control group (version 2) as the tree of a run.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use rustix::fs::{Mode, OFlags};

use super::ProcessTree;

const PROCESSES_LIMIT: &str = "1024";
/// What a workload leaves of the memory for agent and kernel: a sixteenth, at least 32 MiB.
const RESERVE_DIVISOR: u64 = 16;
const RESERVE_MIN_BYTES: u64 = 32 << 20;
const REMOVE_TIMEOUT: Duration = Duration::from_secs(5);

/// A group, which stays when it is dropped: an empty one costs nothing, and removing it would keep
/// the host from its answer.
pub struct Cgroup {
    path: PathBuf,
}

impl Cgroup {
    /// Makes a group without limits. One of that name, which an earlier run has left, is ended and
    /// removed first.
    pub fn create(path: PathBuf) -> io::Result<Self> {
        let group = Self { path };
        if group.path.exists() {
            group.remove()?;
        }
        fs::create_dir(&group.path)?;
        Ok(group)
    }

    /// Limits processes and memory to what a VM can bear.
    pub fn limit_to_vm(&self) -> io::Result<()> {
        let info = rustix::system::sysinfo();
        let total = info.totalram * u64::from(info.mem_unit);
        let reserve = (total / RESERVE_DIVISOR).max(RESERVE_MIN_BYTES);
        self.write("pids.max", PROCESSES_LIMIT)?;
        self.write("memory.max", &total.saturating_sub(reserve).to_string())?;
        self.write("memory.oom.group", "1")?;
        match self.write("memory.swap.max", "0") {
            // A kernel without swap has no such file.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    fn write(&self, file: &str, value: &str) -> io::Result<()> {
        // Not created: a missing file is a controller that is not there.
        let mut file = fs::OpenOptions::new()
            .write(true)
            .open(self.path.join(file))?;
        io::Write::write_all(&mut file, value.as_bytes())
    }

    /// Ends everything in the group, and removes it.
    pub fn remove(&self) -> io::Result<()> {
        self.kill()?;
        if !self.wait_empty(Instant::now() + REMOVE_TIMEOUT)? {
            return Err(io::ErrorKind::TimedOut.into());
        }
        fs::remove_dir(&self.path)
    }
}

impl ProcessTree for Cgroup {
    fn enter(&self) -> io::Result<()> {
        self.write("cgroup.procs", "0")
    }

    fn kill(&self) -> io::Result<()> {
        self.write("cgroup.kill", "1")
    }

    fn wait_empty(&self, deadline: Instant) -> io::Result<bool> {
        let events = self.path.join("cgroup.events");
        let watch = rustix::fs::open(&events, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
        let mut text = [0; 256];
        loop {
            // Reading arms the poll for the next change.
            let count = rustix::io::pread(&watch, &mut text, 0)?;
            let text = String::from_utf8_lossy(&text[..count]);
            if value(&text, "populated") == Some(0) {
                return Ok(true);
            }
            if !crate::connection::wait(&watch, PollFlags::PRI, deadline)? {
                return Ok(false);
            }
        }
    }

    fn out_of_memory_kills(&self) -> io::Result<u64> {
        let text = fs::read_to_string(Path::new(&self.path).join("memory.events"))?;
        Ok(value(&text, "oom_kill").unwrap_or(0))
    }
}

/// The number behind a name in a file of names and numbers.
fn value(text: &str, name: &str) -> Option<u64> {
    text.lines()
        .filter_map(|line| line.split_once(' '))
        .find(|(key, _)| *key == name)
        .and_then(|(_, value)| value.parse().ok())
}
