//! One connection with the host: bounded reading, queued writing, an end that loses nothing.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};

use crate::message::{Decoder, FrameError};

/// With more than this waiting to be sent, no more output is read from the program.
const QUEUE_LIMIT_BYTES: usize = 64 << 10;
const READ_BYTES: usize = 64 << 10;
/// At most this much in one send. Newer kernels (6.12 with its updates, 6.17) pass more than 32 KiB
/// to the device in several pieces, which some VMMs drop or garble (vhost-device-vsock 0.3,
/// Firecracker before 1.14).
const SEND_BYTES: usize = 16 << 10;
/// How long a host may take nothing of a final message.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the host may take to close after the final message. Closing first would make some
/// VMMs drop what they have not yet passed on.
const LINGER_TIMEOUT: Duration = Duration::from_secs(5);

/// Why no request came.
#[derive(Debug)]
pub enum ReceiveError {
    Closed,
    TimedOut,
    Frame(FrameError),
    Io(io::Error),
}

impl fmt::Display for ReceiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => write!(f, "the host closed the connection"),
            Self::TimedOut => write!(f, "the request did not come in time"),
            Self::Frame(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
        }
    }
}

/// A stream socket to the host and what waits to be sent on it.
pub struct Connection {
    socket: OwnedFd,
    queue: Vec<u8>,
    sent: usize,
}

impl Connection {
    pub fn new(socket: OwnedFd) -> Self {
        Self {
            socket,
            queue: Vec::new(),
            sent: 0,
        }
    }

    /// Reads one message; without a deadline, as long as the connection is there.
    pub fn receive(
        &self,
        decoder: &mut Decoder,
        deadline: Option<Instant>,
    ) -> Result<Vec<u8>, ReceiveError> {
        let mut bytes = vec![0; READ_BYTES];
        loop {
            if let Some(message) = decoder.next_message().map_err(ReceiveError::Frame)? {
                return Ok(message);
            }
            if !wait_until(&self.socket, PollFlags::IN, deadline).map_err(ReceiveError::Io)? {
                return Err(ReceiveError::TimedOut);
            }
            match self.read(&mut bytes).map_err(ReceiveError::Io)? {
                Some(0) => return Err(ReceiveError::Closed),
                Some(count) => decoder.push(&bytes[..count]),
                None => {}
            }
        }
    }

    /// Appends an encoded message to what waits to be sent.
    pub fn queue(&mut self, frame: &[u8]) {
        self.queue.extend_from_slice(frame);
    }

    /// Whether more output may be queued.
    pub fn has_room(&self) -> bool {
        self.queue.len() - self.sent < QUEUE_LIMIT_BYTES
    }

    /// Whether something waits to be sent.
    pub fn has_queued(&self) -> bool {
        self.sent < self.queue.len()
    }

    /// Sends as much as the socket takes now.
    pub fn send_queued(&mut self) -> io::Result<()> {
        while self.has_queued() {
            let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
            let waiting = &self.queue[self.sent..];
            let piece = &waiting[..waiting.len().min(SEND_BYTES)];
            match rustix::net::send(&self.socket, piece, flags) {
                Ok(count) => self.sent += count,
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.queue.clear();
        self.sent = 0;
        Ok(())
    }

    /// Sends the final message and everything before it, then waits for the host to close. A host
    /// that closes earlier wants no more.
    pub fn finish(self, frame: &[u8]) -> io::Result<()> {
        use io::ErrorKind::{BrokenPipe, ConnectionReset};
        match self.send_last(frame) {
            Err(error) if matches!(error.kind(), BrokenPipe | ConnectionReset) => Ok(()),
            other => other,
        }
    }

    fn send_last(mut self, frame: &[u8]) -> io::Result<()> {
        self.queue(frame);
        self.send_queued()?;
        while self.has_queued() {
            let deadline = Instant::now() + FLUSH_TIMEOUT;
            if !wait(&self.socket, PollFlags::OUT, deadline)? {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.send_queued()?;
        }
        let deadline = Instant::now() + LINGER_TIMEOUT;
        let mut ignored = vec![0; READ_BYTES];
        while wait(&self.socket, PollFlags::IN, deadline)? {
            if self.read(&mut ignored)? == Some(0) {
                break;
            }
        }
        Ok(())
    }

    /// Reads what is there; nothing when there is nothing, zero bytes when the host has closed.
    fn read(&self, bytes: &mut [u8]) -> io::Result<Option<usize>> {
        match rustix::net::recv(&self.socket, bytes, RecvFlags::DONTWAIT) {
            Ok((_, count)) => Ok(Some(count)),
            Err(Errno::AGAIN | Errno::INTR) => Ok(None),
            Err(Errno::CONNRESET) => Ok(Some(0)),
            Err(error) => Err(error.into()),
        }
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// What is left until `deadline`, for poll.
pub fn time_left(deadline: Instant) -> Timespec {
    let left = deadline.saturating_duration_since(Instant::now());
    Timespec::try_from(left).unwrap_or(Timespec {
        tv_sec: i64::MAX,
        tv_nsec: 0,
    })
}

/// Waits for one of `flags` (or an error or the end of the stream) on `fd`; false at the deadline.
pub fn wait(fd: &impl AsFd, flags: PollFlags, deadline: Instant) -> io::Result<bool> {
    wait_until(fd, flags, Some(deadline))
}

fn wait_until(fd: &impl AsFd, flags: PollFlags, deadline: Option<Instant>) -> io::Result<bool> {
    loop {
        let mut fds = [PollFd::new(fd, flags)];
        match rustix::event::poll(&mut fds, deadline.map(time_left).as_ref()) {
            Ok(0) => return Ok(false),
            Ok(_) => return Ok(true),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
