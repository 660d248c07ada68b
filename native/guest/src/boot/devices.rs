//! Device nodes: the console, the drives, and which of them a workload may open.

use std::fs;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use rustix::fs::{Mode, OFlags, inotify};

use crate::step::{During, Failure};

const DRIVES_TIMEOUT: Duration = Duration::from_secs(10);
/// The nodes that every user may open; all others are root's.
const PUBLIC_NODES: [&str; 7] = ["full", "null", "ptmx", "random", "tty", "urandom", "zero"];

/// Makes the console, or `/dev/null` where there is none, the standard streams.
pub fn open_console() {
    let open = |path| rustix::fs::open(path, OFlags::RDWR | OFlags::NOCTTY, Mode::empty());
    let Ok(console) = open("/dev/console").or_else(|_| open("/dev/null")) else {
        return;
    };
    // Failing here leaves the streams as the kernel opened them; there is nowhere to say so.
    let _ = rustix::stdio::dup2_stdin(&console);
    let _ = rustix::stdio::dup2_stdout(&console);
    let _ = rustix::stdio::dup2_stderr(&console);
    // Opened before any standard stream, the console is one of them itself.
    if console.as_raw_fd() <= libc::STDERR_FILENO {
        std::mem::forget(console);
    }
}

/// Waits until the drives' nodes are in `/dev`.
pub fn wait_for(names: &[&str]) -> Result<(), Failure> {
    let deadline = Instant::now() + DRIVES_TIMEOUT;
    let watch = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)
        .and_then(|watch| {
            inotify::add_watch(&watch, "/dev", inotify::WatchFlags::CREATE)?;
            Ok(watch)
        })
        .during("watching /dev")?;
    let mut events = [0; 4096];
    loop {
        let missing = names
            .iter()
            .find(|name| !Path::new("/dev").join(name).exists());
        let Some(name) = missing else { return Ok(()) };
        let step = || format!("waiting for /dev/{name}");
        if !crate::connection::wait(&watch, PollFlags::IN, deadline).during(step())? {
            return Err(io::Error::from(io::ErrorKind::TimedOut)).during(step());
        }
        rustix::io::read(&watch, &mut events).during(step())?;
    }
}

/// Leaves only [`PUBLIC_NODES`] open to other users than root.
pub fn close_to_users(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            close_to_users(&entry.path())?;
        } else if kind.is_char_device() || kind.is_block_device() {
            let is_public = PUBLIC_NODES.iter().any(|name| entry.file_name() == *name);
            if !is_public && entry.metadata()?.permissions().mode() & 0o077 != 0 {
                fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o600))?;
            }
        }
    }
    Ok(())
}

/// Makes the links that programs expect beside the nodes.
pub fn make_links() -> io::Result<()> {
    for (link, target) in [
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
    ] {
        match symlink(target, Path::new("/dev").join(link)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
