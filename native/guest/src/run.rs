//! The run of a workload, from a request to its final message.

mod ground;
mod preparation;
mod supervise;

use std::io;
use std::time::{Duration, Instant, SystemTime};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use crate::connection::{Connection, ReceiveError};
use crate::fork::{Failure, Reporting};
use crate::message::{Decoder, TYPED_LIMIT, encode};
use crate::protocol::{Because, Event, Reason, Refusal, RunRequest, RunResponse, Truncated};
use crate::report::{Report, Typed};
use crate::workload::Site;
use crate::workload::job::{Job, Source};
use crate::workload::start::{unpack, write_code};
use ground::{Ground, on_ground};
use preparation::Prepared;
use supervise::{End, Supervisor};

/// The most bytes of output that are read, and reported, at once.
pub const CHUNK_BYTES: usize = 32 << 10;

/// Why there is no response.
enum Stop {
    Refused(Refusal),
    /// The host has closed the connection and wants to know nothing more.
    Cancelled,
    /// The agent's own failure; the host sees the connection end without a final message.
    Failed(io::Error),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Request(words) => Refusal::invalid(words).into(),
            Failure::Agent(words) => io::Error::other(words).into(),
        }
    }
}

/// Runs a workload and reports it. When this returns, no process of it is left.
pub fn run(
    mut connection: Connection,
    site: &Site,
    request: Result<RunRequest, Refusal>,
    report: &mut dyn Report,
) -> io::Result<()> {
    let ended = request.map_err(Stop::from).and_then(|request| {
        let job = Job::new(request, &site.runtime)?;
        on_ground(site, |ground| {
            carry_out(&mut connection, ground, job, Prepared::default(), report)
        })
    });
    answer(connection, ended, report)
}

/// Prepares a run, then waits for its request, of which `parse` makes a typed run, and carries it
/// out. When this returns, no process of it is left.
pub fn prepare(
    mut connection: Connection,
    mut decoder: Decoder,
    site: &Site,
    parse: impl FnOnce(Vec<u8>) -> Result<RunRequest, Refusal>,
) -> io::Result<()> {
    let ended = on_ground(site, |ground| {
        let prepared = preparation::prepare(&mut connection, ground)?;
        let interpreter = prepared.interpreter();
        connection.queue(&encode(&Event::Prepared { interpreter }, TYPED_LIMIT)?);
        connection.send_queued()?;
        let request = receive(&connection, &mut decoder)?;
        let job = Job::new(parse(request)?, &site.runtime)?;
        carry_out(&mut connection, ground, job, prepared, &mut Typed)
    });
    answer(connection, ended, &mut Typed)
}

fn receive(connection: &Connection, decoder: &mut Decoder) -> Result<Vec<u8>, Stop> {
    connection
        .receive(decoder, None)
        .map_err(|error| match error {
            ReceiveError::Closed => Stop::Cancelled,
            ReceiveError::Frame(error) => Refusal::invalid(error.to_string()).into(),
            error => Stop::Failed(io::Error::other(error.to_string())),
        })
}

fn answer(
    mut connection: Connection,
    ended: Result<RunResponse, Stop>,
    report: &mut dyn Report,
) -> io::Result<()> {
    let response = match ended {
        Ok(response) => response,
        Err(Stop::Refused(refusal)) => refusal.into(),
        Err(Stop::Cancelled) => return Ok(()),
        Err(Stop::Failed(error)) => return Err(error),
    };
    let frame = report.finish(&mut connection, response)?;
    connection.finish(&frame)
}

fn carry_out(
    connection: &mut Connection,
    ground: &Ground,
    job: Job,
    prepared: Prepared,
    report: &mut dyn Report,
) -> Result<RunResponse, Stop> {
    let (site, tree) = (ground.site, ground.tree.as_ref());
    match &job.source {
        Source::Code(code) => write_code(code, &job.entrypoint, site)?,
        Source::Archive(bytes) => {
            let unpacking = unpack(bytes, &job.entrypoint, site, tree, &ground.confinement)?;
            wait_for_files(connection, &unpacking)?;
        }
    }
    let mut supervisor = Supervisor::new(connection, tree, report, job.output_limit_bytes);
    supervisor.forgive_kills(prepared.kills);
    if let Some(build) = &job.build {
        let started_at = SystemTime::now();
        let deadline = Instant::now() + site.build_timeout;
        match supervisor.supervise(ground.start(build)?, deadline)? {
            End::Exited(0) => {}
            end => {
                let what = What::Build(site.build_timeout);
                let hint = site.runtime.hint(supervisor.stderr_tail());
                return respond(end, what, hint, started_at, supervisor.truncated());
            }
        }
    }
    let (program, interpreter, because) = ground.start_program(&job, prepared.waiting)?;
    if because == Some(Because::Died) {
        supervisor.forgive_kills(tree.out_of_memory_kills()?);
    }
    let started_at = SystemTime::now();
    let deadline = Instant::now() + job.timeout;
    supervisor.tell_start(interpreter, because)?;
    let what = What::Program(job.timeout);
    // What was built has found its imports, whatever it says.
    let may_hint = job.build.is_none();
    // Code and input can be large, and the program has them now.
    drop(job);
    let end = supervisor.supervise(program, deadline)?;
    let hint = match may_hint {
        true => site.runtime.hint(supervisor.stderr_tail()),
        false => None,
    };
    respond(end, what, hint, started_at, supervisor.truncated())
}

/// What has ended, and how long it was allowed to take.
enum What {
    Build(Duration),
    Program(Duration),
}

fn respond(
    end: End,
    what: What,
    hint: Option<&str>,
    started_at: SystemTime,
    truncated: Truncated,
) -> Result<RunResponse, Stop> {
    let (exit_code, reason, error) = match (end, what) {
        (End::Cancelled, _) => return Err(Stop::Cancelled),
        (End::Exited(0), _) => (Some(0), Reason::Exited, String::new()),
        (End::Exited(code), _) => {
            let error = hint.unwrap_or_default().to_owned();
            (Some(code), Reason::Exited, error)
        }
        (End::TimedOut, What::Program(timeout)) => {
            let error = format!("timeout after {}s", timeout.as_secs_f64());
            (None, Reason::Timeout, error)
        }
        (End::TimedOut, What::Build(timeout)) => {
            let error = format!("timeout: building took over {}s", timeout.as_secs_f64());
            (None, Reason::Timeout, error)
        }
        (End::OutOfMemory, what) => {
            let subject = match what {
                What::Build(_) => "building the program",
                What::Program(_) => "the program",
            };
            let error = format!("out of memory: {subject} needed more than the VM has");
            (Some(128 + libc::SIGKILL), Reason::Oom, error)
        }
    };
    Ok(RunResponse {
        exit_code,
        error,
        reason,
        truncated,
        started_at,
        ended_at: SystemTime::now(),
    })
}

/// Waits until an archive is unpacked, which its limits bound, or the host goes away.
fn wait_for_files(connection: &Connection, unpacking: &Reporting) -> Result<(), Stop> {
    loop {
        let mut fds = [
            PollFd::new(&unpacking.report, PollFlags::IN),
            PollFd::new(connection, PollFlags::IN | PollFlags::RDHUP),
        ];
        match poll(&mut fds, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(Stop::Failed(error.into())),
        }
        if !fds[1].revents().is_empty() {
            // It may not have come to enter the tree, with which all else ends.
            unpacking.child.kill()?;
            unpacking.child.wait()?;
            return Err(Stop::Cancelled);
        }
        if !fds[0].revents().is_empty() {
            break;
        }
    }
    let failure = unpacking.read_failure()?;
    let status = unpacking.child.wait()?;
    match (failure, status.exit_status()) {
        (Some(failure), _) => Err(failure.into()),
        (None, Some(0)) => Ok(()),
        (None, Some(code)) => Err(Stop::Failed(io::Error::other(format!(
            "unpacking the archive ended with {code}"
        )))),
        (None, None) => {
            Err(Refusal::invalid("unpacking the archive needs more memory than the VM has").into())
        }
    }
}
