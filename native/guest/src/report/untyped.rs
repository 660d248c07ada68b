//! The untyped run: each line an event, the whole output in the final message.

use std::io;

use serde::Serialize;

use super::Report;
use crate::connection::Connection;
use crate::message::{REQUEST_LIMIT, encode};
use crate::protocol::{Event, Final, Reason, RunResponse, Stream};

const LINE_LIMIT_BYTES: usize = 32 << 10;
const OUTPUT_LIMIT_BYTES: usize = 8 << 20;
/// What output and lines may take of the final message, in which one byte can become six.
const ENCODED_OUTPUT_LIMIT_BYTES: usize = 10 << 20;
const ENCODED_LINES_LIMIT_BYTES: usize = 5 << 20;
const MARK: &str = "\n[output truncated]\n";
/// For a program that has no exit code of its own: 0 would look like success.
const NO_EXIT_CODE: i32 = -1;

/// Reports lines, and keeps what the final message will hold.
#[derive(Default)]
pub struct Untyped {
    stdout: Collected,
    stderr: Collected,
    lines: Vec<String>,
    lines_bytes: usize,
}

#[derive(Default)]
struct Collected {
    /// Everything so far, up to the limit of the output.
    bytes: Vec<u8>,
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
}

#[derive(Serialize)]
struct Response {
    exit_code: i32,
    output: String,
    error: String,
    log_lines: Vec<String>,
    reason: Reason,
}

impl Report for Untyped {
    fn output(
        &mut self,
        connection: &mut Connection,
        stream: Stream,
        bytes: &[u8],
    ) -> io::Result<()> {
        let collected = self.collected(stream);
        let room = (OUTPUT_LIMIT_BYTES + 1).saturating_sub(collected.bytes.len());
        collected
            .bytes
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let line = &mut self.collected(stream).line;
            line.extend_from_slice(part);
            let ends = line.pop_if(|byte| *byte == b'\n').is_some();
            let mut line = std::mem::take(line);
            while line.len() > LINE_LIMIT_BYTES {
                let rest = line.split_off(character_boundary(&line, LINE_LIMIT_BYTES));
                self.log(connection, stream, &line)?;
                line = rest;
            }
            match ends {
                true => self.log(connection, stream, &line)?,
                false => self.collected(stream).line = line,
            }
        }
        Ok(())
    }

    fn finish(
        &mut self,
        connection: &mut Connection,
        response: RunResponse,
    ) -> io::Result<Vec<u8>> {
        for stream in [Stream::Stdout, Stream::Stderr] {
            let rest = std::mem::take(&mut self.collected(stream).line);
            if !rest.is_empty() {
                self.log(connection, stream, &rest)?;
            }
        }
        let mut bytes = std::mem::take(&mut self.stdout.bytes);
        bytes.append(&mut self.stderr.bytes);
        let truncated = response.truncated.stdout || response.truncated.stderr;
        let response = Response {
            exit_code: response.exit_code.unwrap_or(NO_EXIT_CODE),
            output: cut_output(&String::from_utf8_lossy(&bytes), truncated),
            error: response.error,
            log_lines: std::mem::take(&mut self.lines),
            reason: response.reason,
        };
        encode(&Final { response }, REQUEST_LIMIT)
    }
}

impl Untyped {
    fn collected(&mut self, stream: Stream) -> &mut Collected {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }

    /// Queues one line; what is no UTF-8 in it is replaced, which can make several of it.
    fn log(&mut self, connection: &mut Connection, stream: Stream, line: &[u8]) -> io::Result<()> {
        let text = String::from_utf8_lossy(line);
        let mut rest = text.as_ref();
        loop {
            let (line, tail) = rest.split_at(character_boundary(rest.as_bytes(), LINE_LIMIT_BYTES));
            connection.queue(&encode(&Event::Log { line, stream }, REQUEST_LIMIT)?);
            self.lines_bytes += encoded_bytes(line, usize::MAX).1 + r#""","#.len();
            if self.lines_bytes <= ENCODED_LINES_LIMIT_BYTES {
                self.lines.push(line.to_owned());
            }
            if tail.is_empty() {
                return Ok(());
            }
            rest = tail;
        }
    }
}

/// The last place up to `limit` that is not inside a character, given UTF-8.
fn character_boundary(bytes: &[u8], limit: usize) -> usize {
    if bytes.len() <= limit {
        return bytes.len();
    }
    let is_boundary = |index: &usize| bytes[*index] & 0xc0 != 0x80;
    (limit.saturating_sub(3)..=limit)
        .rev()
        .find(is_boundary)
        .unwrap_or(limit)
}

/// How many bytes of `text` are at most `limit` bytes as JSON, and how many those are.
fn encoded_bytes(text: &str, limit: usize) -> (usize, usize) {
    let mut encoded = 0;
    for (index, character) in text.char_indices() {
        let length = match character {
            '"' | '\\' | '\n' | '\r' | '\t' | '\x08' | '\x0c' => 2,
            '\0'..='\x1f' => 6,
            other => other.len_utf8(),
        };
        if encoded + length > limit {
            return (index, encoded);
        }
        encoded += length;
    }
    (text.len(), encoded)
}

fn cut_output(output: &str, is_cut_already: bool) -> String {
    let kept = &output[..character_boundary(output.as_bytes(), OUTPUT_LIMIT_BYTES)];
    let kept = &kept[..encoded_bytes(kept, ENCODED_OUTPUT_LIMIT_BYTES).0];
    match is_cut_already || kept.len() < output.len() {
        true => format!("{kept}{MARK}"),
        false => kept.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_cut_between_characters_and_marked() {
        let output = "x".repeat(OUTPUT_LIMIT_BYTES - 1) + "ü";
        let cut = cut_output(&output, false);
        assert_eq!(cut.len(), OUTPUT_LIMIT_BYTES - 1 + MARK.len());
        assert!(cut.ends_with(MARK));
    }

    #[test]
    fn output_that_fits_is_not_marked() {
        let output = "x".repeat(OUTPUT_LIMIT_BYTES);
        assert!(cut_output(&output, false) == output);
    }

    #[test]
    fn control_characters_cannot_make_the_final_message_too_long() {
        let cut = cut_output(&"\0".repeat(OUTPUT_LIMIT_BYTES), false);
        let encoded = serde_json::to_string(&cut).map(|json| json.len());
        assert!(encoded.is_ok_and(|length| length < ENCODED_OUTPUT_LIMIT_BYTES + 100));
    }

    #[test]
    fn the_encoded_length_is_what_the_encoder_makes() {
        let text = "\"\\\n\r\t\u{8}\u{c}\0\u{1f}\u{7f}aüß€😀/";
        let encoded = serde_json::to_string(text).map(|json| json.len() - 2);
        assert_eq!(encoded.ok(), Some(encoded_bytes(text, usize::MAX).1));
    }
}
