//! The typed run: exact bytes, in order, as they come.

use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Report;
use crate::connection::Connection;
use crate::message::{TYPED_LIMIT, encode};
use crate::protocol::{Because, Event, Final, Interpreter, RunResponse, Stream};

/// Reports output as it is, in base64.
pub struct Typed;

impl Report for Typed {
    fn started(
        &mut self,
        connection: &mut Connection,
        interpreter: Interpreter,
        because: Option<Because>,
    ) -> io::Result<()> {
        let event = Event::Started {
            interpreter,
            because,
        };
        connection.queue(&encode(&event, TYPED_LIMIT)?);
        Ok(())
    }

    fn output(
        &mut self,
        connection: &mut Connection,
        stream: Stream,
        bytes: &[u8],
    ) -> io::Result<()> {
        let data = &STANDARD.encode(bytes);
        connection.queue(&encode(&Event::Output { stream, data }, TYPED_LIMIT)?);
        Ok(())
    }

    fn finish(&mut self, _: &mut Connection, response: RunResponse) -> io::Result<Vec<u8>> {
        encode(&Final { response }, TYPED_LIMIT)
    }
}
