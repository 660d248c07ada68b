//! The one loop of a run: a program's output, its end, its deadline, and the host.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::CHUNK_BYTES;
use crate::connection::{Connection, time_left};
use crate::fork::Child;
use crate::protocol::{Because, Interpreter, Stream, Truncated};
use crate::report::Report;
use crate::tail::Tail;
use crate::workload::ProcessTree;
use crate::workload::start::Program;

/// After the program's end: how long nothing may happen before the rest is given up.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// How a program ended.
#[derive(Clone, Copy, Debug)]
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

/// Everything that the loop watches. Programs come one after the other; what the output limit left
/// of the first one is for the next.
pub struct Supervisor<'a> {
    connection: &'a mut Connection,
    tree: &'a dyn ProcessTree,
    report: &'a mut dyn Report,
    /// None after its end.
    child: Option<Child>,
    outputs: [Output; 2],
    /// The end of stderr, what the output limit cut off included.
    stderr_tail: Tail,
    forgiven_kills: u64,
    /// Set when the deadline has passed or the program has ended, whichever was first.
    end: Option<End>,
}

/// What one poll found.
struct Ready {
    host: PollFlags,
    child: bool,
    outputs: [bool; 2],
}

impl<'a> Supervisor<'a> {
    /// The limit holds for each of the two streams.
    pub fn new(
        connection: &'a mut Connection,
        tree: &'a dyn ProcessTree,
        report: &'a mut dyn Report,
        output_limit_bytes: u64,
    ) -> Self {
        let output = |stream| Output {
            stream,
            pipe: None,
            left_bytes: output_limit_bytes,
            truncated: false,
        };
        Self {
            connection,
            tree,
            report,
            child: None,
            outputs: [Stream::Stdout, Stream::Stderr].map(output),
            stderr_tail: Tail::default(),
            forgiven_kills: 0,
            end: None,
        }
    }

    /// Tells the host that its program has started, and in what.
    pub fn tell_start(
        &mut self,
        interpreter: Interpreter,
        because: Option<Because>,
    ) -> io::Result<()> {
        self.report.started(self.connection, interpreter, because)
    }

    /// So many of the tree the kernel killed for want of memory before it was the program's.
    pub fn forgive_kills(&mut self, count: u64) {
        self.forgiven_kills = count;
    }

    /// Which streams lost their end to the limit.
    pub fn truncated(&self) -> Truncated {
        Truncated {
            stdout: self.outputs[0].truncated,
            stderr: self.outputs[1].truncated,
        }
    }

    /// The end of what the program has written on stderr.
    pub fn stderr_tail(&self) -> &Tail {
        &self.stderr_tail
    }

    /// Reports output until the program has ended and its output is told, or the host goes away.
    /// The program is killed at the deadline; what it has started does not outlive it.
    pub fn supervise(&mut self, program: Program, deadline: Instant) -> io::Result<End> {
        self.child = Some(program.child);
        self.end = None;
        self.stderr_tail = Tail::default();
        let [stdout, stderr] = &mut self.outputs;
        stdout.pipe = Some(program.stdout);
        stderr.pipe = Some(program.stderr);
        loop {
            if let Some(end) = self.end
                && self.child.is_none()
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
        if let Some(child) = &self.child {
            fds.push(PollFd::new(&child.pidfd, PollFlags::IN));
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
            child: self.child.is_some() && !next().is_empty(),
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
        if output.stream == Stream::Stderr {
            self.stderr_tail.push(&bytes[..count]);
        }
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
        let Some(child) = self.child.take() else {
            return Ok(());
        };
        let status = child.wait()?;
        if self.end.is_some() {
            return Ok(());
        }
        let signal = status.terminating_signal();
        let end = match (status.exit_status(), signal) {
            (Some(code), _) => End::Exited(code),
            (None, Some(libc::SIGKILL))
                if self.tree.out_of_memory_kills()? > self.forgiven_kills =>
            {
                End::OutOfMemory
            }
            (None, signal) => End::Exited(128 + signal.unwrap_or(0)),
        };
        self.end_with(end)
    }

    fn end_with(&mut self, end: End) -> io::Result<()> {
        self.end = Some(end);
        self.tree.kill()
    }
}
