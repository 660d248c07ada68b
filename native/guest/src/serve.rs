//! The agent: takes connections and gives each one a process.

use std::io;
use std::os::fd::OwnedFd;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use socket2::{Domain, SockAddr, Socket, Type};

use crate::boot::boot_ms;
use crate::connection::Connection;
use crate::fork::{Child, fork};
use crate::log;
use crate::message::{TYPED_LIMIT, encode};
use crate::operation::{Agent, operate, ping};
use crate::protocol::{Event, Stages};
use crate::workload::Site;

/// Operations at the same time; further connections are closed.
const OPERATIONS_LIMIT: usize = 16;
const BACKLOG: i32 = 64;
const HOST_CID: u32 = libc::VMADDR_CID_HOST;

/// Serves connections on vsock `port`. Returns only the error that ended it.
pub fn serve(port: u32, stages: Stages) -> io::Error {
    let Err(error) = try_serve(port, stages);
    error
}

fn try_serve(port: u32, stages: Stages) -> io::Result<std::convert::Infallible> {
    keep_from_out_of_memory_killer()?;
    let listener = Socket::new(Domain::VSOCK, Type::STREAM, None)?;
    listener.bind(&SockAddr::vsock(libc::VMADDR_CID_ANY, port))?;
    listener.set_nonblocking(true)?;
    listener.listen(BACKLOG)?;
    let agent = Agent {
        site: Site::of_vm()?,
        stages: Stages {
            listening_ms: boot_ms(),
            ..stages
        },
    };
    let mut operations = vec![start(|| announce(port, &agent))?];
    loop {
        wait_for_connection(&listener, &mut operations)?;
        match accept(&listener, &agent, operations.len()) {
            Ok(operation) => operations.extend(operation),
            Err(error) => log::write(format_args!("taking a connection: {error}")),
        }
    }
}

/// Starts the operation of the next connection, or closes it when there is no place for it.
fn accept(listener: &Socket, agent: &Agent, running: usize) -> io::Result<Option<Child>> {
    let socket = match listener.accept() {
        Ok((socket, _)) if running < OPERATIONS_LIMIT => socket,
        Ok(_) => return Ok(None),
        // The host has given it up again.
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
        Err(error) => return Err(error),
    };
    let connection = Connection::new(OwnedFd::from(socket));
    start(|| operate(connection, agent)).map(Some)
}

/// Waits for a connection. Operations that end meanwhile are removed.
fn wait_for_connection(listener: &Socket, operations: &mut Vec<Child>) -> io::Result<()> {
    loop {
        let listening = PollFd::new(listener, PollFlags::IN);
        let running = operations.iter().map(|operation| &operation.pidfd);
        let mut fds: Vec<_> = [listening]
            .into_iter()
            .chain(running.map(|pidfd| PollFd::new(pidfd, PollFlags::IN)))
            .collect();
        match poll(&mut fds, None) {
            Ok(_) => {}
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        let mut found: Vec<_> = fds.iter().map(PollFd::revents).collect();
        let listening = found.remove(0);
        let mut found = found.into_iter();
        operations.retain(|operation| match found.next() {
            Some(flags) if !flags.is_empty() => {
                reap(operation);
                false
            }
            _ => true,
        });
        if listening == PollFlags::IN {
            return Ok(());
        }
        if !listening.is_empty() {
            return Err(io::Error::other(format!("listening: {listening:?}")));
        }
    }
}

fn reap(operation: &Child) {
    match operation.wait() {
        Ok(status) if status.killed() || status.dumped() => {
            log::write(format_args!("an operation was killed: {status:?}"));
        }
        Ok(_) => {}
        Err(error) => log::write(format_args!("waiting for an operation: {error}")),
    }
}

fn start(operation: impl FnOnce() -> io::Result<()>) -> io::Result<Child> {
    fork(|| match operation() {
        Ok(()) => 0,
        Err(error) => {
            log::write(format_args!("operation: {error}"));
            1
        }
    })
}

/// Tells the host that the agent listens. A host that does not wait for it connects by itself.
fn announce(port: u32, agent: &Agent) -> io::Result<()> {
    let socket = Socket::new(Domain::VSOCK, Type::STREAM, None)?;
    socket.connect(&SockAddr::vsock(HOST_CID, port))?;
    let frame = encode(&Event::Ready(ping(agent)), TYPED_LIMIT)?;
    Connection::new(OwnedFd::from(socket)).finish(&frame)
}

fn keep_from_out_of_memory_killer() -> io::Result<()> {
    std::fs::write("/proc/self/oom_score_adj", "-1000")
}
