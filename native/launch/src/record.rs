//! The record of a process: enough to find exactly this process again, and never another one with its pid.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::process::{Pid, getpid};
use serde::{Deserialize, Serialize};

use crate::failure::{EXIT_NOT_A_RECORD, Failure, While};

const RECORD_BYTES_MAX: u64 = 4096;

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    pid: i32,
    start_time_ticks: u64,
    boot_id: String,
}

impl Record {
    /// The pid, which names the recorded process only while [`Record::is_of`] holds.
    pub fn pid(&self) -> Result<Pid, Failure> {
        match Pid::from_raw(self.pid.max(0)) {
            Some(pid) => Ok(pid),
            None => Err(Failure::new(
                EXIT_NOT_A_RECORD,
                "record",
                format!("{} is no pid", self.pid),
            )),
        }
    }

    pub fn is_of_this_boot(&self) -> Result<bool, Failure> {
        Ok(self.boot_id == boot_id()?)
    }

    /// Whether the process that has the pid now is the recorded one. A process that is no more is not.
    pub fn is_of(&self, pid: Pid) -> Result<bool, Failure> {
        match start_time_ticks(&format!("/proc/{pid}/stat")) {
            Ok(ticks) => Ok(ticks == self.start_time_ticks),
            Err(error) if is_gone(&error) => Ok(false),
            Err(error) => Err(error).while_doing(|| format!("start time of {pid}")),
        }
    }
}

/// Writes down this process. The file must not exist, and appears as a whole: killed in the middle, this leaves a
/// `<file>.new` and no record that cannot be read.
pub fn write_own(file: &Path) -> Result<(), Failure> {
    let what = || format!("record {}", file.display());
    let record = Record {
        pid: getpid().as_raw_pid(),
        start_time_ticks: start_time_ticks("/proc/self/stat").while_doing(what)?,
        boot_id: boot_id()?,
    };
    let mut line = serde_json::to_vec(&record).while_doing(what)?;
    line.push(b'\n');
    let mut unfinished = file.as_os_str().to_owned();
    unfinished.push(".new");
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unfinished)
        .and_then(|mut out| out.write_all(&line))
        .while_doing(what)?;
    // Unlike a rename, a link replaces nothing.
    let published = fs::hard_link(&unfinished, file);
    fs::remove_file(&unfinished)
        .and(published)
        .while_doing(what)
}

/// Reads a record. Anything but a whole record fails with [`EXIT_NOT_A_RECORD`].
pub fn read(file: &Path) -> Result<Record, Failure> {
    let refuse = |why: &dyn std::fmt::Display| {
        Failure::new(EXIT_NOT_A_RECORD, format!("record {}", file.display()), why)
    };
    let mut text = Vec::new();
    OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(file)
        .and_then(|opened: File| opened.take(RECORD_BYTES_MAX).read_to_end(&mut text))
        .map_err(|error| refuse(&error))?;
    let record: Record = serde_json::from_slice(&text).map_err(|error| refuse(&error))?;
    record.pid()?;
    Ok(record)
}

fn boot_id() -> Result<String, Failure> {
    let text =
        std::fs::read_to_string("/proc/sys/kernel/random/boot_id").while_doing(|| "boot id")?;
    Ok(text.trim_end().to_owned())
}

/// Field 22 of proc_pid_stat(5). The second field, the name in parentheses, can hold anything, so counting starts
/// behind the last parenthesis, at field 3.
fn start_time_ticks(stat_file: &str) -> io::Result<u64> {
    let stat = std::fs::read(stat_file)?;
    let stat = String::from_utf8_lossy(&stat);
    stat.rsplit_once(')')
        .and_then(|(_, fields)| fields.split_ascii_whitespace().nth(22 - 3))
        .and_then(|field| field.parse().ok())
        .ok_or_else(|| io::Error::other(format!("{stat_file} has no start time")))
}

fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::ESRCH)
}
