//! `vulcan-guest`: the agent inside a Vulcan VM. It brings the VM up, serves one operation per
//! vsock connection, and keeps a workload's processes apart from itself.

pub mod boot;
pub mod connection;
pub mod fork;
pub mod log;
pub mod message;
pub mod network;
pub mod operation;
pub mod protocol;
pub mod reaper;
pub mod report;
pub mod run;
pub mod serve;
pub mod step;
pub mod tail;
pub mod words;
pub mod workload;

mod configure;
