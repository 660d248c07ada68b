//! The processes of a run: the one that lays out the files, where it takes a build the one that
//! makes the program, and the program. All are the workload's user, in the run's tree, confined.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::fs::{Mode, OFlags};
use rustix::pipe::{PipeFlags, pipe_with};

use super::archive::{self, LIMITS};
use super::confine::Confinement;
use super::files::{self, Place};
use super::job::{Invocation, Job, Source};
use super::{ProcessTree, Site};
use crate::fork::{Child, Failure, Reporting, fork_reporting};
use crate::words::cut;

const ENTERING: &str = "entering the control group";
const CONFINING: &str = "giving up rights";

/// Starts laying out the job's files.
pub fn lay_out(
    job: &Job,
    site: &Site,
    tree: &dyn ProcessTree,
    confinement: &Confinement,
) -> io::Result<Reporting> {
    fork_reporting(|| {
        let dir = open_dir(&site.dir).map_err(Failure::agent("opening the work directory"))?;
        tree.enter().map_err(Failure::agent(ENTERING))?;
        confinement
            .enter(Some(&site.dir))
            .map_err(Failure::agent(CONFINING))?;
        write_files(job, dir.as_fd()).map_err(Failure::Request)
    })
}

fn write_files(job: &Job, dir: BorrowedFd) -> Result<(), String> {
    let entrypoint = Place::new(Path::new(&job.entrypoint))?;
    match &job.source {
        Source::Code(code) => {
            files::make_file(dir, &entrypoint, 0o644, &mut code.as_bytes())
                .map_err(|error| format!("writing {:?}: {error}", cut(&job.entrypoint)))?;
        }
        Source::Archive(bytes) => {
            archive::unpack(bytes.as_slice(), dir, LIMITS)?;
            if !files::exists(dir, &entrypoint) {
                return Err(format!("the archive has no {:?}", cut(&job.entrypoint)));
            }
        }
    }
    Ok(())
}

fn open_dir(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}

/// A program that runs, with the agent's ends of its output.
pub struct Program {
    pub child: Child,
    pub stdout: OwnedFd,
    pub stderr: OwnedFd,
}

/// Starts a program. An error is the agent's, or the image's: the request was checked.
pub fn start(
    invocation: &Invocation,
    site: &Site,
    tree: &dyn ProcessTree,
    confinement: &Confinement,
) -> io::Result<Program> {
    let (stdout, stdout_writer) = pipe_with(PipeFlags::CLOEXEC)?;
    let (stderr, stderr_writer) = pipe_with(PipeFlags::CLOEXEC)?;
    let Invocation { argv, env, input } = invocation;
    let mut command = Command::new(&argv[0]);
    command
        .args(&argv[1..])
        .env_clear()
        .envs(env)
        .current_dir(&site.dir)
        .stdin(standard_input(input.as_deref())?)
        .stdout(stdout_writer)
        .stderr(stderr_writer);
    let reporting = fork_reporting(|| {
        tree.enter().map_err(Failure::agent(ENTERING))?;
        confinement.enter(None).map_err(Failure::agent(CONFINING))?;
        let error = command.exec();
        Err(Failure::agent(&format!("executing {}", argv[0]))(error))
    })?;
    if let Some(Failure::Agent(words) | Failure::Request(words)) = reporting.read_failure()? {
        reporting.child.wait()?;
        return Err(io::Error::other(words));
    }
    Ok(Program {
        child: reporting.child,
        stdout,
        stderr,
    })
}

/// A file in memory that can only be read, or `/dev/null`.
fn standard_input(input: Option<&[u8]>) -> io::Result<Stdio> {
    use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
    use std::os::fd::AsRawFd;
    let Some(input) = input else {
        return Ok(Stdio::null());
    };
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let mut memory = File::from(memfd_create("stdin", flags)?);
    memory.write_all(input)?;
    fcntl_add_seals(
        &memory,
        SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW,
    )?;
    // Opened again for an offset of its own, at the start, and without the right to write.
    Ok(File::open(format!("/proc/self/fd/{}", memory.as_raw_fd()))?.into())
}
