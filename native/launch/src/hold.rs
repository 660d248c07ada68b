//! An owner's lock, held for exactly as long as the owner keeps the other end of our standard input open.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use crate::failure::{EXIT_HELD, Failure, While};

/// Prints `held` once the lock is taken. Fails with [`EXIT_HELD`] when somebody else has it.
pub fn hold_until_stdin_closes(file: &Path) -> Result<(), Failure> {
    ignore_termination_signals();
    let _lock = lock(file)?;
    io::stdout()
        .write_all(b"held\n")
        .and_then(|()| io::stdout().flush())
        .while_doing(|| "standard output")?;
    io::copy(&mut io::stdin(), &mut io::sink()).while_doing(|| "standard input")?;
    Ok(())
}

/// A file that was removed between open and lock is nobody's lock any more: then the new file of that name is taken.
fn lock(file: &Path) -> Result<File, Failure> {
    let what = || format!("lock {}", file.display());
    loop {
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(libc::O_NOFOLLOW)
            .open(file)
            .while_doing(what)?;
        match flock(&opened, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                return Err(Failure::new(EXIT_HELD, what(), "somebody else holds it"));
            }
            Err(error) => return Err(error).while_doing(what),
        }
        let locked = opened.metadata().while_doing(what)?;
        if locked.nlink() > 0 {
            return Ok(opened);
        }
    }
}

/// A Ctrl-C reaches the whole foreground group and a service manager signals the whole cgroup, while the owner still
/// has to release what the lock stands for.
fn ignore_termination_signals() {
    for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM] {
        // SAFETY: Ignoring a signal installs no handler, and nothing else in this process uses these signals.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}
