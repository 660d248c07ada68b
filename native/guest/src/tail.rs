//! The end of what a program wrote.

/// Enough for the message of an uncaught error with the stack below it.
const LIMIT_BYTES: usize = 16 << 10;

/// The last [`LIMIT_BYTES`] of a stream, of any length. The program chooses what is in it.
pub struct Tail {
    bytes: Vec<u8>,
}

impl Default for Tail {
    /// A stream begins with a line, so that who looks for the beginning of one finds the first, too.
    fn default() -> Self {
        Self {
            bytes: b"\n".to_vec(),
        }
    }
}

impl Tail {
    /// Adds what was written next.
    pub fn push(&mut self, bytes: &[u8]) {
        let kept = &bytes[bytes.len().saturating_sub(LIMIT_BYTES)..];
        let over = (self.bytes.len() + kept.len()).saturating_sub(LIMIT_BYTES);
        self.bytes.drain(..over);
        self.bytes.extend_from_slice(kept);
    }

    /// Whether this text is in it.
    pub fn contains(&self, text: &str) -> bool {
        let mut windows = self.bytes.windows(text.len().max(1));
        windows.any(|window| window == text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail(parts: &[&[u8]]) -> Tail {
        let mut tail = Tail::default();
        for part in parts {
            tail.push(part);
        }
        tail
    }

    #[test]
    fn text_is_found_across_the_parts_in_which_it_came() {
        let tail = tail(&[b"Module", b"NotFound", b"Error: x"]);
        assert!(tail.contains("ModuleNotFoundError"));
        assert!(!tail.contains("ImportError"));
        assert!(!tail.contains(""));
    }

    #[test]
    fn the_first_line_begins_like_the_others() {
        assert!(tail(&[b"Error: x"]).contains("\nError"));
        assert!(!tail(&[b"an Error: x"]).contains("\nError"));
    }

    #[test]
    fn only_the_end_is_kept_whatever_the_parts() {
        let much = vec![b'x'; 3 * LIMIT_BYTES];
        for part_bytes in [1, 1000, LIMIT_BYTES, much.len()] {
            let mut tail = tail(&[b"Error: first"]);
            for part in much.chunks(part_bytes) {
                tail.push(part);
                assert!(tail.bytes.len() <= LIMIT_BYTES);
            }
            assert!(!tail.contains("first"));
            assert!(
                !tail.contains("\nx"),
                "what was cut is no beginning of a line"
            );
            tail.push(b"\nError: last");
            assert!(tail.contains("\nError: last"));
            assert_eq!(tail.bytes.len(), LIMIT_BYTES);
        }
    }
}
