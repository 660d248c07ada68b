//! How a run is told to the host: exactly (typed) or as lines and a sum (untyped).

mod silent;
mod typed;
mod untyped;

use std::io;

use crate::connection::Connection;
use crate::protocol::{Because, Interpreter, RunResponse, Stream};

pub use silent::Silent;
pub use typed::Typed;
pub use untyped::Untyped;

/// What a host sees of a run.
pub trait Report {
    /// Queues that the program has started: its time runs from here. Not everybody wants to know.
    fn started(
        &mut self,
        _connection: &mut Connection,
        _interpreter: Interpreter,
        _because: Option<Because>,
    ) -> io::Result<()> {
        Ok(())
    }
    /// Queues the messages for bytes that the program wrote, at most
    /// [`CHUNK_BYTES`](crate::run::CHUNK_BYTES) of them.
    fn output(
        &mut self,
        connection: &mut Connection,
        stream: Stream,
        bytes: &[u8],
    ) -> io::Result<()>;
    /// Queues what is still to be told before the final message, which it gives, encoded.
    fn finish(&mut self, connection: &mut Connection, response: RunResponse)
    -> io::Result<Vec<u8>>;
}
