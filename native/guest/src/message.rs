//! Framing: every message is a 4-byte big-endian length and that many bytes of JSON.

use serde::Serialize;
use std::fmt;

/// The longest request, and the longest message of an untyped run, in bytes.
pub const REQUEST_LIMIT: usize = 16 << 20;
/// The longest message of a typed operation towards the host, in bytes.
pub const TYPED_LIMIT: usize = 64 << 10;
/// The deepest nesting of a request.
pub const DEPTH_LIMIT: usize = 64;

const HEADER_BYTES: usize = 4;

/// Why bytes are not a message.
#[derive(Debug, PartialEq, Eq)]
pub enum FrameError {
    Empty,
    TooLong { length: usize, limit: usize },
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "a message of length 0"),
            Self::TooLong { length, limit } => {
                write!(f, "a message of {length} bytes, the limit is {limit}")
            }
        }
    }
}

/// Cuts a stream of bytes into messages. It holds what has arrived and allocates for no length
/// that was only announced.
pub struct Decoder {
    limit: usize,
    bytes: Vec<u8>,
}

impl Decoder {
    /// A decoder that refuses messages longer than `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            bytes: Vec::new(),
        }
    }

    /// Adds bytes as they came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes the next complete message, if there is one.
    pub fn next_message(&mut self) -> Result<Option<Vec<u8>>, FrameError> {
        let Some(&header) = self.bytes.first_chunk::<HEADER_BYTES>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(header) as usize;
        if length == 0 {
            return Err(FrameError::Empty);
        }
        if length > self.limit {
            return Err(FrameError::TooLong {
                length,
                limit: self.limit,
            });
        }
        if self.bytes.len() < HEADER_BYTES + length {
            return Ok(None);
        }
        let rest = self.bytes.split_off(HEADER_BYTES + length);
        let mut message = std::mem::replace(&mut self.bytes, rest);
        message.drain(..HEADER_BYTES);
        Ok(Some(message))
    }
}

/// Encodes `message` with its length before it, or says that it is longer than `limit` bytes.
pub fn encode(message: &impl Serialize, limit: usize) -> std::io::Result<Vec<u8>> {
    let mut frame = vec![0; HEADER_BYTES];
    serde_json::to_writer(&mut frame, message)?;
    let length = frame.len() - HEADER_BYTES;
    match u32::try_from(length) {
        Ok(header) if length <= limit => {
            frame[..HEADER_BYTES].copy_from_slice(&header.to_be_bytes());
            Ok(frame)
        }
        _ => Err(std::io::Error::other(format!(
            "a message of {length} bytes to the host, the limit is {limit}"
        ))),
    }
}

/// Whether arrays and objects are nested deeper than [`DEPTH_LIMIT`] in this JSON. Looked at
/// before it is parsed, because fields that nobody knows are skipped at any depth.
pub fn is_too_deep(json: &[u8]) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH_LIMIT {
            return true;
        }
    }
    false
}
