//! Errors that name what was being done.

use std::fmt;
use std::io;

/// A step that failed, such as one of the boot, after which a VM cannot go on.
#[derive(Debug)]
pub struct Failure {
    step: String,
    cause: io::Error,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.step, self.cause)
    }
}

/// Names the step that a result belongs to.
pub trait During<T> {
    fn during(self, step: impl Into<String>) -> Result<T, Failure>;
}

impl<T, E: Into<io::Error>> During<T> for Result<T, E> {
    fn during(self, step: impl Into<String>) -> Result<T, Failure> {
        self.map_err(|error| Failure {
            step: step.into(),
            cause: error.into(),
        })
    }
}
