//! Unpacking a tar archive that nobody trusts. Whatever is in it, nothing is made outside the
//! directory, and afterwards no link in it leads outside.

use std::fmt;
use std::fs::FileTimes;
use std::io::{self, Read};
use std::os::fd::BorrowedFd;
use std::path::{Component, Path};
use std::time::{Duration, UNIX_EPOCH};

use flate2::read::MultiGzDecoder;
use tar::{Archive, Entry, EntryType};

use super::files::{self, Place};
use crate::words::cut;

/// How much an archive may hold.
#[derive(Clone, Copy)]
pub struct Limits {
    /// After decompression, names and padding included.
    pub bytes: u64,
    pub entries: usize,
}

/// The limits for workloads.
pub const LIMITS: Limits = Limits {
    bytes: 1 << 30,
    entries: 100_000,
};

/// Unpacks `compressed` (tar, gzip) into the directory, or says in words what is wrong with it.
/// What was unpacked until then stays.
pub fn unpack(compressed: impl Read, dir: BorrowedFd, limits: Limits) -> Result<(), String> {
    let bounded = Bounded {
        inner: MultiGzDecoder::new(compressed),
        left: limits.bytes,
        limit: limits.bytes,
    };
    let mut archive = Archive::new(bounded);
    let entries = archive.entries().map_err(|error| in_archive(&error))?;
    for (index, entry) in entries.enumerate() {
        if index >= limits.entries {
            return Err(format!("archive: more than {} entries", limits.entries));
        }
        let mut entry = entry.map_err(|error| in_archive(&error))?;
        unpack_entry(&mut entry, dir).map_err(|why| {
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            format!("archive entry {:?}: {why}", cut(&path))
        })?;
    }
    Ok(())
}

fn in_archive(error: &io::Error) -> String {
    format!("archive: {error}")
}

fn unpack_entry(entry: &mut Entry<impl Read>, dir: BorrowedFd) -> Result<(), String> {
    let words = |error: io::Error| error.to_string();
    let place = Place::new(&entry.path().map_err(words)?)?;
    let mode = entry.header().mode().map_err(words)?;
    match entry.header().entry_type() {
        EntryType::Directory => files::make_dir(dir, &place, mode),
        EntryType::Regular | EntryType::Continuous => unpack_file(entry, dir, &place, mode),
        EntryType::Symlink => {
            let target = link_target(entry)?;
            check_symlink(&place, &target)?;
            files::make_symlink(dir, &place, &target)
        }
        EntryType::Link => {
            let original = Place::new(&link_target(entry)?)
                .map_err(|why| format!("the link leads outside: {why}"))?;
            files::make_hard_link(dir, &place, &original)
        }
        // Headers for the whole archive describe no file.
        EntryType::XGlobalHeader => Ok(()),
        _ => return Err("only files, directories and links are unpacked".to_owned()),
    }
    .map_err(words)
}

fn unpack_file(
    entry: &mut Entry<impl Read>,
    dir: BorrowedFd,
    place: &Place,
    mode: u32,
) -> io::Result<()> {
    let mtime = UNIX_EPOCH.checked_add(Duration::from_secs(entry.header().mtime()?));
    let file = files::make_file(dir, place, mode, entry)?;
    match mtime {
        Some(mtime) => file.set_times(FileTimes::new().set_modified(mtime)),
        None => Ok(()),
    }
}

fn link_target(entry: &Entry<impl Read>) -> Result<std::path::PathBuf, String> {
    match entry.link_name() {
        Ok(Some(target)) => Ok(target.into_owned()),
        Ok(None) => Err("the link has no target".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Allows a target that begins with at most as many `..` as there are directories above the link.
/// A `..` further on is refused, because what comes before it may be a link to anywhere inside.
fn check_symlink(place: &Place, target: &Path) -> Result<(), String> {
    let mut ups_left = place.depth();
    let mut has_name = false;
    for component in target.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(_) => has_name = true,
            Component::ParentDir if !has_name && ups_left > 0 => ups_left -= 1,
            _ => {
                return Err(format!(
                    "the link to {:?} leads outside",
                    cut(&target.to_string_lossy())
                ));
            }
        }
    }
    Ok(())
}

/// A reader that fails after `limit` bytes.
struct Bounded<R> {
    inner: R,
    left: u64,
    limit: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(bytes)?;
        match self.left.checked_sub(count as u64) {
            Some(left) => {
                self.left = left;
                Ok(count)
            }
            None => Err(io::Error::other(TooBig { limit: self.limit })),
        }
    }
}

#[derive(Debug)]
struct TooBig {
    limit: u64,
}

impl fmt::Display for TooBig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "more than {} bytes when unpacked", self.limit)
    }
}

impl std::error::Error for TooBig {}
