//! What a run stands on, and what can be made of it before there is a request.

use std::fs::File;
use std::io;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::FlockOperation;
use rustix::io::Errno;

use super::Stop;
use super::supervise::{End, Supervisor};
use crate::connection::{Connection, time_left};
use crate::protocol::{Because, Interpreter, Refusal};
use crate::report::Silent;
use crate::workload::confine::Confinement;
use crate::workload::job::{Invocation, Job};
use crate::workload::start::{Program, start};
use crate::workload::waiting::Waiting;
use crate::workload::{ProcessTree, Site};

const EMPTY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an interpreter may take until it waits.
const COME_UP_TIMEOUT: Duration = Duration::from_secs(30);

/// What every process of a run needs.
pub struct Ground<'a> {
    pub site: &'a Site,
    pub tree: Box<dyn ProcessTree>,
    pub confinement: Confinement,
}

/// Does something as the only run that there is. Afterwards no process of it is left.
pub fn on_ground<T>(site: &Site, body: impl FnOnce(&Ground) -> Result<T, Stop>) -> Result<T, Stop> {
    let lock = File::create(&site.lock)?;
    match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => {
            return Err(Refusal::invalid("busy: another workload is running").into());
        }
        other => other.map_err(io::Error::from)?,
    }
    let tree = (site.make_tree)()?;
    let ground = Ground {
        site,
        tree,
        confinement: Confinement::new(site.user)?,
    };
    let result = body(&ground);
    ground.tree.kill()?;
    if !ground.tree.wait_empty(Instant::now() + EMPTY_TIMEOUT)? {
        crate::log::write("processes of the workload do not end");
    }
    result
}

impl Ground<'_> {
    /// Starts a program, confined and in the tree.
    pub fn start(&self, invocation: &Invocation) -> io::Result<Program> {
        start(invocation, self.site, self.tree.as_ref(), &self.confinement)
    }

    /// Gives the job's program to the interpreter that waits, if there is one that can take it.
    pub fn start_program(
        &self,
        job: &Job,
        waiting: Option<Waiting>,
    ) -> io::Result<(Program, Interpreter, Option<Because>)> {
        let because = match (waiting, &self.site.runtime.warm) {
            (Some(waiting), Some(warm)) => {
                match waiting.hand_over(&job.program, warm, self.site)? {
                    Ok(program) => return Ok((program, Interpreter::Warm, None)),
                    Err(because) => Some(because),
                }
            }
            _ => None,
        };
        Ok((self.start(&job.program)?, Interpreter::Fresh, because))
    }

    /// Does what the image has to be done before a request comes, and gives the interpreter that
    /// now waits. What fails of it is logged: a run goes without.
    pub fn prepare(&self, connection: &mut Connection) -> Result<Option<Waiting>, Stop> {
        if let Some(argv) = &self.site.runtime.prepare {
            self.run_preparation(connection, argv.clone())?;
        }
        let Some(warm) = &self.site.runtime.warm else {
            return Ok(None);
        };
        match Waiting::start(warm, self.site, self.tree.as_ref(), &self.confinement) {
            Ok(waiting) => self.wait_for_interpreter(connection, waiting),
            Err(error) => {
                crate::log::write(format_args!("starting an interpreter ahead: {error}"));
                Ok(None)
            }
        }
    }

    fn run_preparation(&self, connection: &mut Connection, argv: Vec<String>) -> Result<(), Stop> {
        let deadline = Instant::now() + self.site.build_timeout;
        let program = self.start(&Invocation::of_image(argv, &self.site.runtime))?;
        let mut silent = Silent;
        let mut supervisor = Supervisor::new(connection, self.tree.as_ref(), &mut silent, 0);
        match supervisor.supervise(program, deadline)? {
            End::Cancelled => return Err(Stop::Cancelled),
            End::Exited(0) => {}
            end => crate::log::write(format_args!("preparing a run: {end:?}")),
        }
        if !self.tree.wait_empty(Instant::now() + EMPTY_TIMEOUT)? {
            crate::log::write("processes of the preparation do not end");
        }
        Ok(())
    }

    fn wait_for_interpreter(
        &self,
        connection: &Connection,
        waiting: Waiting,
    ) -> Result<Option<Waiting>, Stop> {
        let deadline = Instant::now() + COME_UP_TIMEOUT;
        loop {
            let mut fds = [
                PollFd::new(waiting.control(), PollFlags::IN),
                PollFd::new(connection, PollFlags::IN | PollFlags::RDHUP),
            ];
            let found = match poll(&mut fds, Some(&time_left(deadline))) {
                Err(Errno::INTR) => continue,
                other => other.map_err(io::Error::from)?,
            };
            let [control, host] = fds.map(|fd| fd.revents());
            if !host.is_empty() {
                return Err(Stop::Cancelled);
            }
            if !control.is_empty() && waiting.has_come_up()? {
                return Ok(Some(waiting));
            }
            let what = match found {
                0 => "took too long",
                _ => "ended",
            };
            crate::log::write(format_args!("an interpreter started ahead {what}"));
            waiting.discard()?;
            return Ok(None);
        }
    }
}
