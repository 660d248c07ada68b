//! Words for the console, where the host keeps the tail.

use std::fmt::Display;
use std::io::Write;

/// Writes one line to standard error, in one piece because several processes write there. Without
/// a console it goes nowhere.
pub fn write(words: impl Display) {
    let line = format!("vulcan-guest: {words}\n");
    // A console that takes nothing is no reason to stop serving.
    let _ = std::io::stderr().write_all(line.as_bytes());
}
