//! The parts of the differential test.

pub mod compare;
pub mod listed;
pub mod program;
pub mod root;
