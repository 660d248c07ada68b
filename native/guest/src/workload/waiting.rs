//! An interpreter that is started before its program is there, as a program would be: in the tree,
//! confined, in the working directory, with the environment that programs have by themselves.
//!
//! It reads its standard input from a file in memory that is still empty, and says one byte on
//! descriptor [`CONTROL`] when it waits. There it then reads fields, each with a NUL after it, up
//! to the end of the stream:
//!
//! | field | |
//! |---|---|
//! | `1` or `0` | whether the program has input; without, descriptor 0 is to become `/dev/null` |
//! | entrypoint | as it is given to a fresh interpreter |
//! | arguments | their number, then each |
//! | variables | `NAME=value`, the whole environment |

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType, socketpair};

use super::confine::Confinement;
use super::job::{Invocation, base_environment};
use super::runtime::{Runtime, Warm};
use super::start::{Input, Program, start_with};
use super::{ProcessTree, Site};
use crate::connection;
use crate::protocol::Because;

/// How long an interpreter may take of what it is told.
const HAND_OVER_TIMEOUT: Duration = Duration::from_secs(10);

/// An interpreter that comes up, or waits.
pub struct Waiting {
    program: Program,
    control: OwnedFd,
    input: Input,
    since: Instant,
}

impl Waiting {
    /// Starts the interpreter that the image has for this.
    pub fn start(
        warm: &Warm,
        site: &Site,
        tree: &dyn ProcessTree,
        confinement: &Confinement,
    ) -> io::Result<Self> {
        let input = Input::new()?;
        let stdin = Stdio::from(input.reader()?);
        let (control, end) = socketpair(
            AddressFamily::UNIX,
            SocketType::STREAM,
            SocketFlags::CLOEXEC,
            None,
        )?;
        let invocation = Invocation::of_image(warm.command.clone(), &site.runtime);
        let end = Some(end.as_fd());
        Ok(Self {
            program: start_with(&invocation, stdin, end, site, tree, confinement)?,
            control,
            input,
            since: Instant::now(),
        })
    }

    /// What is readable once it waits, or has ended.
    pub fn control(&self) -> &OwnedFd {
        &self.control
    }

    /// Whether it has just said that it waits.
    pub fn has_come_up(&self) -> io::Result<bool> {
        Ok(rustix::io::read(&self.control, &mut [0])? == 1)
    }

    /// Ends it, and waits until it is gone.
    pub fn discard(self) -> io::Result<()> {
        self.program.child.kill()?;
        self.program.child.wait()?;
        Ok(())
    }

    /// Gives it its program, or ends it and says why it was of no use.
    pub fn hand_over(
        self,
        invocation: &Invocation,
        warm: &Warm,
        site: &Site,
    ) -> io::Result<Result<Program, Because>> {
        let base = base_environment(&site.runtime);
        let because = if warm.needs_other_start(&base, &invocation.env) {
            Because::Environment
        } else if self.since.elapsed() > site.waiting_limit {
            Because::Age
        } else if !self.only_waits()? || !self.tell(invocation, &site.runtime)? {
            Because::Died
        } else {
            return Ok(Ok(self.program));
        };
        self.discard()?;
        Ok(Err(because))
    }

    /// Whether it has neither ended nor written anything, which would not be the program's.
    fn only_waits(&self) -> io::Result<bool> {
        let Program {
            child,
            stdout,
            stderr,
        } = &self.program;
        let mut fds =
            [&child.pidfd, stdout, stderr, &self.control].map(|fd| PollFd::new(fd, PollFlags::IN));
        Ok(poll(&mut fds, Some(&Timespec::default()))? == 0)
    }

    /// Tells it all of its program; false when it does not listen.
    fn tell(&self, invocation: &Invocation, runtime: &Runtime) -> io::Result<bool> {
        if let Some(input) = &invocation.input {
            self.input.fill(input)?;
        }
        let message = message(invocation, runtime.command.len());
        let deadline = Instant::now() + HAND_OVER_TIMEOUT;
        let mut rest = message.as_slice();
        while !rest.is_empty() {
            let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
            match rustix::net::send(&self.control, rest, flags) {
                Ok(count) => rest = &rest[count..],
                Err(Errno::AGAIN) => {
                    if !connection::wait(&self.control, PollFlags::OUT, deadline)? {
                        return Ok(false);
                    }
                }
                Err(Errno::INTR) => {}
                Err(Errno::PIPE | Errno::CONNRESET) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        rustix::net::shutdown(&self.control, rustix::net::Shutdown::Write)?;
        Ok(true)
    }
}

/// What an interpreter is told, given how many words of the command come before the entrypoint.
fn message(invocation: &Invocation, command_words: usize) -> Vec<u8> {
    let Invocation { argv, env, input } = invocation;
    let words = argv.get(command_words..).unwrap_or_default();
    let (entrypoint, args) = words
        .split_first()
        .map_or(("", words), |(first, rest)| (first.as_str(), rest));
    let mut bytes = Vec::new();
    let mut add = |parts: &[&str]| {
        parts.iter().for_each(|part| bytes.extend(part.as_bytes()));
        bytes.push(0);
    };
    add(&[if input.is_some() { "1" } else { "0" }]);
    add(&[entrypoint]);
    add(&[&args.len().to_string()]);
    args.iter().for_each(|arg| add(&[arg]));
    env.iter()
        .for_each(|(name, value)| add(&[name, "=", value]));
    bytes
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn an_interpreter_is_told_fields_that_end_with_nul() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let mut invocation = Invocation {
            argv: words(&["/x", "-u", "m.x", "a b", ""]),
            env: BTreeMap::from([("A".to_owned(), "b=c".to_owned())]),
            input: None,
        };
        assert_eq!(message(&invocation, 2), b"0\0m.x\x002\0a b\0\0A=b=c\0");
        invocation.argv.truncate(3);
        invocation.input = Some(Vec::new());
        assert_eq!(message(&invocation, 2), b"1\0m.x\x000\0A=b=c\0");
    }
}
