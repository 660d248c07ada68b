//! Requests to the kernel's routing netlink, one at a time.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with,
};

use super::message::{Message, Request};
use crate::connection::wait;

/// The kernel answers at once, unless something holds its lock.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// The most that the kernel puts in one datagram of a list.
const DATAGRAM_BYTES: usize = 32 << 10;

/// A socket to the kernel.
pub struct Netlink {
    socket: OwnedFd,
    sequence: u32,
}

impl Netlink {
    pub fn open() -> io::Result<Self> {
        // The protocol that is 0 is the routing one.
        let (kind, flags) = (SocketType::RAW, SocketFlags::CLOEXEC);
        Ok(Self {
            socket: socket_with(AddressFamily::NETLINK, kind, flags, None)?,
            sequence: 0,
        })
    }

    /// Makes a change and waits until the kernel has made it, or says why not.
    pub fn change(&mut self, request: &Request) -> io::Result<()> {
        self.list(request, |_| None::<()>).map(drop)
    }

    /// What `pick` takes of the messages that answer a request.
    pub fn list<T>(
        &mut self,
        request: &Request,
        pick: impl Fn(&Message<'_>) -> Option<T>,
    ) -> io::Result<Vec<T>> {
        self.sequence += 1;
        let kernel = SocketAddrNetlink::new(0, 0);
        let bytes = request.encode(self.sequence);
        sendto(&self.socket, &bytes, SendFlags::empty(), &kernel)?;
        let deadline = Instant::now() + ANSWER_TIMEOUT;
        let mut picked = Vec::new();
        let mut buffer = vec![0; DATAGRAM_BYTES];
        loop {
            let mut datagram = self.receive(&mut buffer, deadline)?;
            while !datagram.is_empty() {
                let message = Message::decode(&mut datagram).ok_or(io::ErrorKind::InvalidData)?;
                if message.sequence != self.sequence {
                    continue;
                }
                if let Some(end) = message.end() {
                    return end.map(|()| picked);
                }
                picked.extend(pick(&message));
            }
        }
    }

    fn receive<'a>(&self, buffer: &'a mut [u8], deadline: Instant) -> io::Result<&'a [u8]> {
        if !wait(&self.socket, PollFlags::IN, deadline)? {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let (_, length) = recv(&self.socket, &mut *buffer, RecvFlags::TRUNC)?;
        Ok(buffer.get(..length).ok_or(io::ErrorKind::InvalidData)?)
    }
}

impl AsFd for Netlink {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
