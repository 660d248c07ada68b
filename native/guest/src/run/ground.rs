//! What a run stands on.

use std::fs::File;
use std::io;
use std::time::{Duration, Instant};

use rustix::fs::FlockOperation;
use rustix::io::Errno;

use super::Stop;
use crate::protocol::{Because, Interpreter, Refusal};
use crate::workload::confine::Confinement;
use crate::workload::job::{Invocation, Job};
use crate::workload::start::{Program, start};
use crate::workload::waiting::Waiting;
use crate::workload::{ProcessTree, Site};

const EMPTY_TIMEOUT: Duration = Duration::from_secs(5);

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
    if result.is_err() {
        // What ended as it should was killed with its program's end.
        ground.tree.kill()?;
    }
    ground.wait_empty()?;
    result
}

impl Ground<'_> {
    /// Waits until no process is left; that there are some for too long is logged.
    pub fn wait_empty(&self) -> io::Result<()> {
        if !self.tree.wait_empty(Instant::now() + EMPTY_TIMEOUT)? {
            crate::log::write("processes of the workload do not end");
        }
        Ok(())
    }

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
}
