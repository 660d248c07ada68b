//! What can be done of a run before there is a request. What fails of it is logged: a run goes
//! without.

use std::fs;
use std::io;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::ground::Ground;
use super::supervise::{End, Supervisor};
use super::{Stop, carry_out};
use crate::connection::{Connection, time_left};
use crate::protocol::{self, RunRequest};
use crate::report::Silent;
use crate::workload::job::{Invocation, Job};
use crate::workload::waiting::Waiting;

/// How long an interpreter may take until it waits.
const COME_UP_TIMEOUT: Duration = Duration::from_secs(30);

/// What a run finds.
#[derive(Default)]
pub struct Prepared {
    pub waiting: Option<Waiting>,
    /// How often the kernel killed in the run's tree meanwhile, for want of memory.
    pub kills: u64,
}

impl Prepared {
    /// What the host is told of it.
    pub fn interpreter(&self) -> protocol::Prepared {
        match self.waiting {
            Some(_) => protocol::Prepared::Waiting,
            None => protocol::Prepared::None,
        }
    }
}

/// Does what the image has for this, and starts the interpreter that then waits.
pub fn prepare(connection: &mut Connection, ground: &Ground) -> Result<Prepared, Stop> {
    let runtime = &ground.site.runtime;
    if let Some(argv) = &runtime.prepare {
        run_command(connection, ground, argv.clone())?;
    }
    if let Some(code) = &runtime.rehearsal {
        match rehearse(connection, ground, code.clone()) {
            Err(Stop::Refused(refusal)) => log_failure(&refusal.error),
            Err(Stop::Failed(error)) => log_failure(&error.to_string()),
            other => other?,
        }
    }
    prepared(connection, ground)
}

fn prepared(connection: &Connection, ground: &Ground) -> Result<Prepared, Stop> {
    Ok(Prepared {
        waiting: start_interpreter(connection, ground)?,
        kills: ground.tree.out_of_memory_kills()?,
    })
}

fn log_failure(words: &str) {
    crate::log::write(format_args!("preparing a run: {words}"));
}

fn run_command(
    connection: &mut Connection,
    ground: &Ground,
    argv: Vec<String>,
) -> Result<(), Stop> {
    let deadline = Instant::now() + ground.site.build_timeout;
    let program = ground.start(&Invocation::of_image(argv, &ground.site.runtime))?;
    let mut silent = Silent;
    let mut supervisor = Supervisor::new(connection, ground.tree.as_ref(), &mut silent, 0);
    match supervisor.supervise(program, deadline)? {
        End::Cancelled => return Err(Stop::Cancelled),
        End::Exited(0) => {}
        end => log_failure(&format!("{end:?}")),
    }
    Ok(ground.wait_empty()?)
}

/// Runs a program of the image from its files to its end, unheard: the first run that a system does
/// takes several times as long as the next one, and that is the workload's.
fn rehearse(connection: &mut Connection, ground: &Ground, code: String) -> Result<(), Stop> {
    let site = ground.site;
    let request = RunRequest {
        runtime: Some(site.runtime.name.clone()),
        code: Some(code),
        timeout_s: Some(site.build_timeout.as_secs_f64()),
        ..RunRequest::default()
    };
    let job = Job::new(request, &site.runtime)?;
    let file = site.dir.join(&job.entrypoint);
    let prepared = prepared(connection, ground)?;
    let ended = carry_out(connection, ground, job, prepared, &mut Silent);
    ground.tree.kill()?;
    ground.wait_empty()?;
    // Also where it failed; before it was written, too.
    match fs::remove_file(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        other => other?,
    }
    let response = ended?;
    match response.exit_code {
        Some(0) => Ok(()),
        _ => Err(io::Error::other(format!("{:?} {}", response.reason, response.error)).into()),
    }
}

fn start_interpreter(connection: &Connection, ground: &Ground) -> Result<Option<Waiting>, Stop> {
    let site = ground.site;
    let Some(warm) = &site.runtime.warm else {
        return Ok(None);
    };
    match Waiting::start(warm, site, ground.tree.as_ref(), &ground.confinement) {
        Ok(waiting) => wait_for_interpreter(connection, waiting),
        Err(error) => {
            log_failure(&error.to_string());
            Ok(None)
        }
    }
}

fn wait_for_interpreter(
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
