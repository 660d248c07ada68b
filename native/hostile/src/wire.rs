//! The guest protocol, from the side of somebody who need not keep to it.

use std::io::{self, Read, Write};

use socket2::{Domain, SockAddr, Socket, Type};

/// Where the agent listens, and which port of the host it dials when it is ready.
pub const PORT: u32 = 1024;
pub const READY: &str = r#"{"type":"ready","version":"hostile"}"#;
pub const STARTED: &str = r#"{"type":"started"}"#;
pub const RESULT: &str = concat!(
    r#"{"type":"result","response":{"exit_code":0,"error":"","reason":"exited","#,
    r#""truncated":{"stdout":false,"stderr":false}}}"#
);
/// At most this much in one write: see `connection::SEND_BYTES` of the agent.
const WRITE_BYTES: usize = 16 << 10;

/// A connection with the host.
pub struct Link(Socket);

impl Write for Link {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(&bytes[..bytes.len().min(WRITE_BYTES)])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Link {
    /// Sends bytes and stays connected for ever.
    pub fn send(mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)?;
        std::mem::forget(self);
        Ok(())
    }

    /// Sends the same bytes again and again; returns only the error that ended it.
    pub fn send_for_ever(self, bytes: &[u8]) -> io::Result<()> {
        write_for_ever(self, bytes)
    }

    /// Closes in the middle of a message.
    pub fn cut(mut self, message: &str) -> io::Result<()> {
        let bytes = frame(message);
        self.write_all(&bytes[..bytes.len() / 2])
    }
}

pub fn dial(port: u32) -> io::Result<Link> {
    let socket = Socket::new(Domain::VSOCK, Type::STREAM, None)?;
    socket.connect(&SockAddr::vsock(libc::VMADDR_CID_HOST, port))?;
    Ok(Link(socket))
}

/// Asks for a connection and does not wait for the answer, which some VMMs never give.
pub fn knock(port: u32) -> io::Result<Socket> {
    let socket = Socket::new(Domain::VSOCK, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    // It is under way, or refused already: no matter.
    let _ = socket.connect(&SockAddr::vsock(libc::VMADDR_CID_HOST, port));
    Ok(socket)
}

pub fn listen() -> io::Result<Socket> {
    let socket = Socket::new(Domain::VSOCK, Type::STREAM, None)?;
    socket.bind(&SockAddr::vsock(libc::VMADDR_CID_ANY, PORT))?;
    socket.listen(1)?;
    Ok(socket)
}

/// The connection of the run. Its request is not read.
pub fn accept(listener: &Socket) -> io::Result<Link> {
    Ok(Link(listener.accept()?.0))
}

/// Says that the agent is ready, and takes the connection of the run.
pub fn take_run() -> io::Result<Link> {
    let listener = listen()?;
    dial(PORT)?.send(&frame(READY))?;
    accept(&listener)
}

/// As [`take_run`], with the request read and thrown away.
pub fn take_request() -> io::Result<Link> {
    let mut run = take_run()?;
    let mut header = [0; 4];
    run.0.read_exact(&mut header)?;
    let length = u64::from(u32::from_be_bytes(header));
    io::copy(&mut (&mut run.0).take(length), &mut io::sink())?;
    Ok(run)
}

/// A message: its length and its bytes.
pub fn frame(json: &str) -> Vec<u8> {
    let length = u32::try_from(json.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), json.as_bytes()].concat()
}

/// Output of the program; `data` is in base64.
pub fn output(data: &str) -> Vec<u8> {
    frame(&format!(
        r#"{{"type":"output","stream":"stdout","data":"{data}"}}"#
    ))
}

/// A value `depth` arrays deep.
pub fn nested(depth: usize) -> String {
    "[".repeat(depth) + &"]".repeat(depth)
}

/// Writes the same bytes again and again; returns only the error that ended it.
pub fn write_for_ever(mut to: impl Write, bytes: &[u8]) -> io::Result<()> {
    let block = bytes.repeat(WRITE_BYTES.div_ceil(bytes.len()));
    loop {
        to.write_all(&block)?;
    }
}
