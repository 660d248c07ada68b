//! Child processes. The agent has no threads: each operation, and each step that must not have the
//! agent's rights, is a process.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, WaitIdStatus};

/// A child, and the descriptor that becomes readable when it ends.
pub struct Child {
    pub pid: Pid,
    pub pidfd: OwnedFd,
}

impl Child {
    /// Kills the child, unless it has ended.
    pub fn kill(&self) -> io::Result<()> {
        match rustix::process::pidfd_send_signal(&self.pidfd, Signal::KILL) {
            Err(Errno::SRCH) => Ok(()),
            other => Ok(other?),
        }
    }

    /// Waits for the end of the child, which is then gone.
    pub fn wait(&self) -> io::Result<WaitIdStatus> {
        loop {
            match rustix::process::waitid(WaitId::PidFd(self.pidfd.as_fd()), WaitIdOptions::EXITED)
            {
                Ok(Some(status)) => return Ok(status),
                Ok(None) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Runs `body` in a child process, which ends with the code that `body` gives.
pub fn fork(body: impl FnOnce() -> i32) -> io::Result<Child> {
    // SAFETY: the agent has one thread, so the child's memory is consistent and no lock is held.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body)).unwrap_or(101);
        // SAFETY: ends the child without running what the parent registered for its own end.
        unsafe { libc::_exit(code) }
    }
    let Some(pid) = Pid::from_raw(pid).filter(|pid| pid.as_raw_nonzero().get() > 0) else {
        return Err(io::Error::last_os_error());
    };
    let pidfd = rustix::process::pidfd_open(pid, PidfdFlags::empty())?;
    Ok(Child { pid, pidfd })
}

/// Why a child did not do what it was made for.
#[derive(Debug)]
pub enum Failure {
    /// The request is at fault; the words are for its sender.
    Request(String),
    /// The agent or its VM is at fault.
    Agent(String),
}

const REQUEST_TAG: u8 = b'r';
const AGENT_TAG: u8 = b'a';
const WORDS_LIMIT_BYTES: u64 = 4096;

impl Failure {
    /// For errors of the agent during a step.
    pub fn agent(step: &str) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Agent(format!("{step}: {error}"))
    }

    fn to_bytes(&self) -> Vec<u8> {
        let (tag, words) = match self {
            Self::Request(words) => (REQUEST_TAG, words),
            Self::Agent(words) => (AGENT_TAG, words),
        };
        [&[tag], words.as_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (tag, words) = bytes.split_first()?;
        let words = String::from_utf8_lossy(words).into_owned();
        Some(match *tag {
            REQUEST_TAG => Self::Request(words),
            _ => Self::Agent(words),
        })
    }
}

/// A child that says why it failed.
pub struct Reporting {
    pub child: Child,
    /// Its end of file means that the child has ended or become a program.
    pub report: File,
}

impl Reporting {
    /// Waits until the child has ended or become a program, or has failed.
    pub fn read_failure(&self) -> io::Result<Option<Failure>> {
        let mut bytes = Vec::new();
        (&self.report)
            .take(WORDS_LIMIT_BYTES)
            .read_to_end(&mut bytes)?;
        Ok(Failure::from_bytes(&bytes))
    }
}

/// Like [`fork`], for a body that succeeds silently or says why not.
pub fn fork_reporting(body: impl FnOnce() -> Result<(), Failure>) -> io::Result<Reporting> {
    let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    let mut writer = File::from(writer);
    let child = fork(|| match body() {
        Ok(()) => 0,
        Err(failure) => {
            // The reader is gone only when nobody wants to know any more.
            let _ = writer.write_all(&failure.to_bytes());
            1
        }
    })?;
    Ok(Reporting {
        child,
        report: reader.into(),
    })
}
