//! The one error type: what was tried, why it failed, and the exit code that tells the caller which kind it is.

use std::fmt;

/// The launch failed before the program could be executed.
pub const EXIT_LAUNCH_FAILED: u8 = 125;
/// The program exists and cannot be executed.
pub const EXIT_NOT_EXECUTABLE: u8 = 126;
/// The program (or the loader it names) does not exist.
pub const EXIT_NOT_FOUND: u8 = 127;
/// The command line is wrong: `EX_USAGE` of sysexits.h.
pub const EXIT_USAGE: u8 = 64;
/// The file is no record: `EX_DATAERR` of sysexits.h.
pub const EXIT_NOT_A_RECORD: u8 = 65;
/// Somebody else holds the lock: `EX_TEMPFAIL` of sysexits.h.
pub const EXIT_HELD: u8 = 75;

#[derive(Debug)]
pub struct Failure {
    pub exit_code: u8,
    what: String,
    why: String,
}

impl Failure {
    pub fn new(exit_code: u8, what: impl Into<String>, why: impl fmt::Display) -> Self {
        Self {
            exit_code,
            what: what.into(),
            why: why.to_string(),
        }
    }

    pub fn launch(what: impl Into<String>, why: impl fmt::Display) -> Self {
        Self::new(EXIT_LAUNCH_FAILED, what, why)
    }

    pub fn usage(why: impl fmt::Display) -> Self {
        Self::new(
            EXIT_USAGE,
            "usage",
            format!("{why} (see vulcan-launch --help)"),
        )
    }
}

impl fmt::Display for Failure {
    /// One line, whatever the parts contain.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = format!("{}: {}", self.what, self.why);
        out.write_str(&line.replace(['\n', '\r'], " "))
    }
}

/// Names what was tried, where an operating system error says only why it failed.
pub trait While<T> {
    fn while_doing<W: Into<String>>(self, what: impl FnOnce() -> W) -> Result<T, Failure>;
}

impl<T, E: fmt::Display> While<T> for Result<T, E> {
    fn while_doing<W: Into<String>>(self, what: impl FnOnce() -> W) -> Result<T, Failure> {
        self.map_err(|why| Failure::launch(what(), why))
    }
}
