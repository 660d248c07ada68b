//! Making files below a directory without ever leaving it. No step follows a symbolic link, so no
//! link in the directory, whoever made it, leads a write elsewhere.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Component, Path};

use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, linkat, mkdirat, openat, statat, symlinkat, unlinkat,
};
use rustix::io::Errno;

const DIR_FLAGS: OFlags = OFlags::PATH
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// A place below the directory: names that are real ones, never `.` or `..`.
pub struct Place {
    names: Vec<OsString>,
}

impl Place {
    /// Refuses absolute paths and paths with `..`, in words.
    pub fn new(path: &Path) -> Result<Self, &'static str> {
        let mut names = Vec::new();
        for component in path.components() {
            match component {
                Component::Normal(name) => names.push(name.to_owned()),
                Component::CurDir => {}
                Component::ParentDir => return Err("the path contains \"..\""),
                Component::RootDir | Component::Prefix(_) => return Err("the path is absolute"),
            }
        }
        Ok(Self { names })
    }

    /// How many directories are above it.
    pub fn depth(&self) -> usize {
        self.names.len().saturating_sub(1)
    }

    /// Opens the directory that it is in, made if need be, and gives its name there.
    fn open_parent(&self, root: BorrowedFd) -> io::Result<(OwnedFd, &OsStr)> {
        let Some((name, parents)) = self.names.split_last() else {
            return Err(io::Error::other("the path names no file"));
        };
        Ok((open_dirs(root, parents)?, name))
    }
}

fn open_dirs(root: BorrowedFd, names: &[OsString]) -> io::Result<OwnedFd> {
    let mut dir = openat(root, ".", DIR_FLAGS, Mode::empty())?;
    for name in names {
        dir = match openat(&dir, name, DIR_FLAGS, Mode::empty()) {
            Err(Errno::NOENT) => {
                mkdirat(&dir, name, Mode::from_raw_mode(0o755))?;
                openat(&dir, name, DIR_FLAGS, Mode::empty())?
            }
            other => other?,
        };
    }
    Ok(dir)
}

/// Makes a directory that its owner can use, unless there is one.
pub fn make_dir(root: BorrowedFd, place: &Place, mode: u32) -> io::Result<()> {
    if place.names.is_empty() {
        return Ok(());
    }
    let (parent, name) = place.open_parent(root)?;
    match mkdirat(&parent, name, Mode::from_raw_mode(mode & 0o777 | 0o700)) {
        Err(Errno::EXIST) => openat(&parent, name, DIR_FLAGS, Mode::empty()).map(drop),
        other => other,
    }
    .map_err(io::Error::from)
}

/// Makes a file that its owner can read and write, in the place of what was there before.
pub fn make_file(
    root: BorrowedFd,
    place: &Place,
    mode: u32,
    content: &mut impl Read,
) -> io::Result<File> {
    let (parent, name) = place.open_parent(root)?;
    remove(&parent, name)?;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let mode = Mode::from_raw_mode(mode & 0o777 | 0o600);
    let mut file = File::from(openat(&parent, name, flags, mode)?);
    io::copy(content, &mut file)?;
    file.flush()?;
    Ok(file)
}

/// Makes a symbolic link; the caller has checked where it points.
pub fn make_symlink(root: BorrowedFd, place: &Place, target: &Path) -> io::Result<()> {
    let (parent, name) = place.open_parent(root)?;
    remove(&parent, name)?;
    Ok(symlinkat(target, &parent, name)?)
}

/// Makes another name for a regular file.
pub fn make_hard_link(root: BorrowedFd, place: &Place, original: &Place) -> io::Result<()> {
    let (from, old_name) = original.open_parent(root)?;
    let found = statat(&from, old_name, AtFlags::SYMLINK_NOFOLLOW)?;
    if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
        return Err(io::Error::other("the link's target is no regular file"));
    }
    let (parent, name) = place.open_parent(root)?;
    if let Ok(existing) = statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW)
        && (existing.st_dev, existing.st_ino) == (found.st_dev, found.st_ino)
    {
        return Ok(());
    }
    remove(&parent, name)?;
    Ok(linkat(&from, old_name, &parent, name, AtFlags::empty())?)
}

fn remove(parent: &impl AsFd, name: &OsStr) -> io::Result<()> {
    match unlinkat(parent, name, AtFlags::empty()) {
        Err(Errno::NOENT) => Ok(()),
        other => Ok(other?),
    }
}

/// Whether something is at the place.
pub fn exists(root: BorrowedFd, place: &Place) -> bool {
    let path: std::path::PathBuf = place.names.iter().collect();
    statat(root, path, AtFlags::SYMLINK_NOFOLLOW).is_ok()
}
