//! Ends a recorded process, and never another one that has its pid by now.

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::failure::{Failure, While};
use crate::record::{self, Record};

pub struct Order {
    pub record: PathBuf,
    /// None looks only.
    pub signal: Option<Signal>,
    /// How long to wait for the end of the process.
    pub wait_ms: u64,
}

enum Outcome {
    /// It was there and has ended.
    Killed,
    /// It had ended before.
    Gone,
    /// The record is of another boot, or its pid belongs to another process by now. Nothing was signalled.
    Stale,
    /// It is still there.
    Alive,
}

/// Prints one word, see [`Outcome`]. Exit code 1 when the process is still there, else 0.
pub fn kill_recorded(order: &Order) -> Result<ExitCode, Failure> {
    let record = record::read(&order.record)?;
    let (word, code) = match end(&record, order)? {
        Outcome::Killed => ("killed", ExitCode::SUCCESS),
        Outcome::Gone => ("gone", ExitCode::SUCCESS),
        Outcome::Stale => ("stale", ExitCode::SUCCESS),
        Outcome::Alive => ("alive", ExitCode::FAILURE),
    };
    println!("{word}");
    Ok(code)
}

fn end(record: &Record, order: &Order) -> Result<Outcome, Failure> {
    if !record.is_of_this_boot()? {
        return Ok(Outcome::Stale);
    }
    let pid = record.pid()?;
    // The pidfd comes first: what it refers to cannot be replaced by another process after the comparison.
    let process = match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(process) => process,
        Err(Errno::SRCH) => return Ok(Outcome::Gone),
        // The number is a thread's by now: EINVAL before Linux 6.15, ENOENT since.
        Err(Errno::INVAL | Errno::NOENT) => return Ok(Outcome::Stale),
        Err(error) => return Err(error).while_doing(|| format!("process {pid}")),
    };
    let is_recorded = record.is_of(pid)?;
    if has_ended_within(&process, Duration::ZERO)? {
        return Ok(if is_recorded {
            Outcome::Gone
        } else {
            Outcome::Stale
        });
    }
    if !is_recorded {
        return Ok(Outcome::Stale);
    }
    if let Some(signal) = order.signal {
        match pidfd_send_signal(&process, signal) {
            Ok(()) | Err(Errno::SRCH) => {}
            Err(error) => {
                eprintln!("vulcan-launch: signal to process {pid}: {error}");
                return Ok(Outcome::Alive);
            }
        }
    }
    let ended = has_ended_within(&process, Duration::from_millis(order.wait_ms))?;
    Ok(if ended {
        Outcome::Killed
    } else {
        Outcome::Alive
    })
}

/// A pidfd becomes readable when its process ends, whether or not anybody has waited for it.
fn has_ended_within(process: &OwnedFd, limit: Duration) -> Result<bool, Failure> {
    let started = Instant::now();
    loop {
        let left = limit.saturating_sub(started.elapsed());
        let timeout = Timespec::try_from(left).while_doing(|| "waiting time")?;
        match poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&timeout)) {
            Ok(ready) => return Ok(ready > 0),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error).while_doing(|| "waiting for the process"),
        }
    }
}
