//! The processes of a run: where there is an archive the one that unpacks it, where it takes a build
//! the one that makes the program, and the program. All are the workload's user, in the run's tree,
//! confined.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::fs::{MemfdFlags, Mode, OFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::pipe::{PipeFlags, pipe_with};

use super::archive::{self, LIMITS};
use super::confine::{Confinement, FilesAs};
use super::files::{self, Place};
use super::job::Invocation;
use super::{ProcessTree, Site};
use crate::fork::{Child, Failure, Reporting, fork_reporting};
use crate::words::cut;

/// Where a waiting interpreter hears of its program: out of the way of the descriptors that it opens
/// itself, so that those have the numbers that they would have without it, and low enough for the
/// kernel's first table of them.
pub const CONTROL: RawFd = 63;
const ENTERING: &str = "entering the control group";
const CONFINING: &str = "giving up rights";
const OPENING: &str = "opening the work directory";

/// Writes the one file of a job that brings its code. Nothing in it is looked into, so this takes no
/// process: the user's rights do.
pub fn write_code(code: &str, entrypoint: &str, site: &Site) -> Result<(), Failure> {
    let dir = open_dir(&site.dir).map_err(Failure::agent(OPENING))?;
    let place =
        Place::new(Path::new(entrypoint)).map_err(|why| Failure::Request(why.to_owned()))?;
    let _user = site.user.map(FilesAs::user);
    files::make_file(dir.as_fd(), &place, 0o644, &mut code.as_bytes())
        .map(drop)
        .map_err(|error| Failure::Request(format!("writing {:?}: {error}", cut(entrypoint))))
}

/// Starts unpacking a job's archive.
pub fn unpack(
    archive: &[u8],
    entrypoint: &str,
    site: &Site,
    tree: &dyn ProcessTree,
    confinement: &Confinement,
) -> io::Result<Reporting> {
    fork_reporting(|| {
        let dir = open_dir(&site.dir).map_err(Failure::agent(OPENING))?;
        tree.enter().map_err(Failure::agent(ENTERING))?;
        confinement
            .enter(Some(&site.dir))
            .map_err(Failure::agent(CONFINING))?;
        unpack_at(archive, entrypoint, dir.as_fd()).map_err(Failure::Request)
    })
}

fn unpack_at(archive: &[u8], entrypoint: &str, dir: BorrowedFd) -> Result<(), String> {
    let place = Place::new(Path::new(entrypoint))?;
    archive::unpack(archive, dir, LIMITS)?;
    match files::exists(dir, &place) {
        true => Ok(()),
        false => Err(format!("the archive has no {:?}", cut(entrypoint))),
    }
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
    let stdin = match invocation.input.as_deref() {
        None => Stdio::null(),
        Some(bytes) => {
            let input = Input::new()?;
            input.fill(bytes)?;
            input.reader()?.into()
        }
    };
    start_with(invocation, stdin, None, site, tree, confinement)
}

/// Starts a program with this standard input, and with `control`, if there is one, as its
/// descriptor [`CONTROL`].
pub fn start_with(
    invocation: &Invocation,
    stdin: Stdio,
    control: Option<BorrowedFd>,
    site: &Site,
    tree: &dyn ProcessTree,
    confinement: &Confinement,
) -> io::Result<Program> {
    let (stdout, stdout_writer) = pipe_with(PipeFlags::CLOEXEC)?;
    let (stderr, stderr_writer) = pipe_with(PipeFlags::CLOEXEC)?;
    let Invocation { argv, env, .. } = invocation;
    let mut command = Command::new(&argv[0]);
    command
        .args(&argv[1..])
        .env_clear()
        .envs(env)
        .current_dir(&site.dir)
        .stdin(stdin)
        .stdout(stdout_writer)
        .stderr(stderr_writer);
    if let Some(control) = control.map(|control| control.as_raw_fd()) {
        // SAFETY: the closure makes system calls only.
        unsafe { command.pre_exec(move || put_at(control, CONTROL)) };
    }
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

/// Makes `fd` the descriptor `number` too, which programs inherit.
fn put_at(fd: RawFd, number: RawFd) -> io::Result<()> {
    let done = match fd == number {
        // SAFETY: the call changes a descriptor of this process, which is about to be a program.
        true => unsafe { libc::fcntl(fd, libc::F_SETFD, 0) },
        // SAFETY: as above.
        false => unsafe { libc::dup2(fd, number) },
    };
    match done {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// A standard input: a file in memory that its program can only read.
pub struct Input {
    memory: File,
}

impl Input {
    /// Nothing, so far.
    pub fn new() -> io::Result<Self> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        Ok(Self {
            memory: File::from(memfd_create("stdin", flags)?),
        })
    }

    /// The file opened again, for an offset of its own, at the start, and without the right to
    /// write.
    pub fn reader(&self) -> io::Result<File> {
        File::open(format!("/proc/self/fd/{}", self.memory.as_raw_fd()))
    }

    /// Writes what is to be read, once and for all.
    pub fn fill(&self, bytes: &[u8]) -> io::Result<()> {
        (&self.memory).write_all(bytes)?;
        fcntl_add_seals(
            &self.memory,
            SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW,
        )?;
        Ok(())
    }
}
