//! The one loop of a run: the program's output, its end, its deadline, and the host.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::CHUNK_BYTES;
use crate::connection::{Connection, time_left};
use crate::fork::Child;
use crate::protocol::{Stream, Truncated};
use crate::report::Report;
use crate::workload::ProcessTree;

/// After the program's end: how long nothing may happen before the rest is given up.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// How a program ended.
#[derive(Clone, Copy)]
pub enum End {
    Exited(i32),
    OutOfMemory,
    TimedOut,
    Cancelled,
}

/// One of the program's output streams.
struct Output {
    stream: Stream,
    /// None after its end.
    pipe: Option<OwnedFd>,
    left_bytes: u64,
    truncated: bool,
}

/// Everything that the loop watches.
pub struct Supervisor<'a> {
    connection: &'a mut Connection,
    child: &'a Child,
    tree: &'a dyn ProcessTree,
    report: &'a mut dyn Report,
    outputs: [Output; 2],
    /// Set when the deadline has passed or the program has ended, whichever was first.
    end: Option<End>,
    has_exited: bool,
}

/// What one poll found.
struct Ready {
    host: PollFlags,
    child: bool,
    outputs: [bool; 2],
}

impl<'a> Supervisor<'a> {
    /// `pipes` are standard output and standard error.
    pub fn new(
        connection: &'a mut Connection,
        child: &'a Child,
        tree: &'a dyn ProcessTree,
        report: &'a mut dyn Report,
        pipes: [OwnedFd; 2],
        output_limit_bytes: u64,
    ) -> Self {
        let [stdout, stderr] = pipes;
        let output = |stream, pipe| Output {
            stream,
            pipe: Some(pipe),
            left_bytes: output_limit_bytes,
            truncated: false,
        };
        Self {
            connection,
            child,
            tree,
            report,
            outputs: [
                output(Stream::Stdout, stdout),
                output(Stream::Stderr, stderr),
            ],
            end: None,
            has_exited: false,
        }
    }

    /// Which streams lost their end to the limit.
    pub fn truncated(&self) -> Truncated {
        Truncated {
            stdout: self.outputs[0].truncated,
            stderr: self.outputs[1].truncated,
        }
    }

    /// Reports output until the program has ended and its output is told, or the host goes away.
    /// The program is killed at the deadline; what it has started does not outlive it.
    pub fn supervise(&mut self, deadline: Instant) -> io::Result<End> {
        loop {
            if let Some(end) = self.end
                && self.has_exited
                && self.outputs.iter().all(|output| output.pipe.is_none())
            {
                return Ok(end);
            }
            let wake = match self.end {
                None => deadline,
                Some(_) => Instant::now() + DRAIN_TIMEOUT,
            };
            let Some(ready) = self.poll(wake)? else {
                match self.end {
                    None => self.end_with(End::TimedOut)?,
                    Some(_) if self.connection.has_queued() => return Ok(End::Cancelled),
                    Some(end) => return Ok(end),
                }
                continue;
            };
            if !self.handle(&ready)? {
                return Ok(End::Cancelled);
            }
            // A program that never pauses must not keep the loop from its deadline.
            if self.end.is_none() && Instant::now() >= deadline {
                self.end_with(End::TimedOut)?;
            }
        }
    }

    /// Waits for something to do; nothing at `wake`.
    fn poll(&self, wake: Instant) -> io::Result<Option<Ready>> {
        let mut host = PollFlags::IN | PollFlags::RDHUP;
        if self.connection.has_queued() {
            host |= PollFlags::OUT;
        }
        // Without room for more, what is not polled is not read, and the program waits.
        let has_room = self.connection.has_room();
        let open = self.outputs.each_ref().map(|output| match &output.pipe {
            Some(pipe) if has_room => Some(pipe),
            _ => None,
        });
        let mut fds = vec![PollFd::new(&*self.connection, host)];
        if !self.has_exited {
            fds.push(PollFd::new(&self.child.pidfd, PollFlags::IN));
        }
        fds.extend(
            open.iter()
                .flatten()
                .map(|pipe| PollFd::new(*pipe, PollFlags::IN)),
        );
        match poll(&mut fds, Some(&time_left(wake))) {
            Ok(0) => return Ok(None),
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let mut found = fds.iter().map(PollFd::revents);
        let mut next = || found.next().unwrap_or(PollFlags::empty());
        Ok(Some(Ready {
            host: next(),
            child: !self.has_exited && !next().is_empty(),
            outputs: open.map(|pipe| pipe.is_some() && !next().is_empty()),
        }))
    }

    /// Does what is ready; false when the host is gone (it has nothing to say during a run).
    fn handle(&mut self, ready: &Ready) -> io::Result<bool> {
        if !(ready.host - PollFlags::OUT).is_empty() {
            return Ok(false);
        }
        for (index, is_ready) in ready.outputs.iter().enumerate() {
            if *is_ready {
                self.read_output(index)?;
            }
        }
        if ready.child {
            self.take_exit()?;
        }
        Ok(self.connection.send_queued().is_ok())
    }

    fn read_output(&mut self, index: usize) -> io::Result<()> {
        let output = &mut self.outputs[index];
        let Some(pipe) = &output.pipe else {
            return Ok(());
        };
        let mut bytes = [0; CHUNK_BYTES];
        let count = match rustix::io::read(pipe, &mut bytes) {
            Ok(0) => {
                output.pipe = None;
                return Ok(());
            }
            Ok(count) => count,
            Err(Errno::INTR) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let kept = count.min(usize::try_from(output.left_bytes).unwrap_or(usize::MAX));
        output.left_bytes -= kept as u64;
        output.truncated |= kept < count;
        if kept == 0 {
            return Ok(());
        }
        self.report
            .output(self.connection, output.stream, &bytes[..kept])
    }

    fn take_exit(&mut self) -> io::Result<()> {
        let status = self.child.wait()?;
        self.has_exited = true;
        if self.end.is_some() {
            return Ok(());
        }
        let signal = status.terminating_signal();
        let end = match (status.exit_status(), signal) {
            (Some(code), _) => End::Exited(code),
            (None, Some(libc::SIGKILL)) if self.tree.out_of_memory_kills()? > 0 => End::OutOfMemory,
            (None, signal) => End::Exited(128 + signal.unwrap_or(0)),
        };
        self.end_with(end)
    }

    fn end_with(&mut self, end: End) -> io::Result<()> {
        self.end = Some(end);
        self.tree.kill()
    }
}
