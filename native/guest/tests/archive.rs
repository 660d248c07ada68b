//! Archives that want to leave the directory, unpacked with no other wall around it.

use std::fs;
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};
use tempfile::TempDir;
use vulcan_guest::workload::archive::{LIMITS, Limits, unpack};

struct Dirs {
    root: TempDir,
}

impl Dirs {
    fn new() -> Self {
        let root = TempDir::new().expect("temporary directory");
        fs::create_dir(root.path().join("work")).expect("work");
        fs::create_dir(root.path().join("outside")).expect("outside");
        fs::write(root.path().join("outside/file"), "untouched").expect("file");
        Self { root }
    }

    fn work(&self, path: &str) -> PathBuf {
        self.root.path().join("work").join(path)
    }

    fn unpack(&self, archive: Archive) -> Result<(), String> {
        self.unpack_bytes(&archive.finish(), LIMITS)
    }

    fn unpack_bytes(&self, bytes: &[u8], limits: Limits) -> Result<(), String> {
        let dir = fs::File::open(self.work("")).expect("work");
        unpack(bytes, dir.as_fd(), limits)
    }

    /// Checks that an archive is refused with these words and that nothing was written outside.
    fn assert_refused(&self, archive: Archive, words: &str) {
        let error = self.unpack(archive).expect_err("refused");
        assert!(error.contains(words), "{error:?} has no {words:?}");
        let names = |dir: &Path| -> Vec<_> {
            let entries = fs::read_dir(dir).expect("directory");
            let mut names: Vec<_> = entries
                .map(|entry| entry.expect("entry").file_name())
                .collect();
            names.sort();
            names
        };
        assert_eq!(names(self.root.path()), ["outside", "work"]);
        assert_eq!(names(&self.root.path().join("outside")), ["file"]);
        let content = fs::read_to_string(self.root.path().join("outside/file"));
        assert_eq!(content.expect("file"), "untouched");
    }
}

struct Archive {
    builder: Builder<GzEncoder<Vec<u8>>>,
}

impl Archive {
    fn new() -> Self {
        let encoder = GzEncoder::new(Vec::new(), Compression::fast());
        Self {
            builder: Builder::new(encoder),
        }
    }

    fn file(self, path: &str, content: &str) -> Self {
        self.entry(EntryType::Regular, path, "", content)
    }

    fn link(self, path: &str, target: impl AsRef<str>) -> Self {
        self.entry(EntryType::Symlink, path, target.as_ref(), "")
    }

    /// Adds an entry whose names are not checked as the crate would.
    fn entry(mut self, kind: EntryType, path: &str, target: &str, content: &str) -> Self {
        let mut header = Header::new_ustar();
        let names = header.as_old_mut();
        names.name[..path.len()].copy_from_slice(path.as_bytes());
        names.linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(0o4755);
        header.set_mtime(1_000_000_000);
        header.set_size(content.len() as u64);
        header.set_cksum();
        self.builder
            .append(&header, content.as_bytes())
            .expect("entry");
        self
    }

    fn finish(self) -> Vec<u8> {
        self.builder
            .into_inner()
            .expect("archive")
            .finish()
            .expect("gzip")
    }
}

#[test]
fn files_directories_and_links_inside_are_unpacked() {
    let dirs = Dirs::new();
    let archive = Archive::new()
        .entry(EntryType::Directory, "./", "", "")
        .entry(EntryType::Directory, "empty/", "", "")
        .file("./a/b/file", "content")
        .link("a/link", "b/file")
        .link("a/b/up", "../../top")
        .file("top", "top")
        .entry(EntryType::Link, "hard", "a/b/file", "");
    assert_eq!(dirs.unpack(archive), Ok(()));
    assert_eq!(
        fs::read_to_string(dirs.work("a/link")).expect("link"),
        "content"
    );
    assert_eq!(
        fs::read_to_string(dirs.work("a/b/up")).expect("link"),
        "top"
    );
    assert!(dirs.work("empty").is_dir());
    let (file, hard) = (
        dirs.work("a/b/file").metadata(),
        dirs.work("hard").metadata(),
    );
    assert_eq!(file.expect("file").ino(), hard.expect("hard link").ino());
}

#[test]
fn permissions_and_times_are_kept_but_no_set_user_id() {
    let dirs = Dirs::new();
    assert_eq!(dirs.unpack(Archive::new().file("file", "")), Ok(()));
    let metadata = dirs.work("file").metadata().expect("file");
    assert_eq!(metadata.permissions().mode() & 0o7700, 0o700);
    assert_eq!(metadata.mtime(), 1_000_000_000);
}

#[test]
fn a_later_entry_of_the_same_name_replaces_the_earlier() {
    let dirs = Dirs::new();
    let archive = Archive::new()
        .file("target", "kept")
        .link("name", "target")
        .file("name", "first")
        .file("name", "second");
    assert_eq!(dirs.unpack(archive), Ok(()));
    assert_eq!(
        fs::read_to_string(dirs.work("name")).expect("file"),
        "second"
    );
    assert_eq!(
        fs::read_to_string(dirs.work("target")).expect("file"),
        "kept"
    );
}

#[test]
fn long_names_are_unpacked() {
    let dirs = Dirs::new();
    let path = format!("{}/{}", "d".repeat(200), "f".repeat(200));
    let mut archive = Archive::new();
    let mut header = Header::new_gnu();
    header.set_size(0);
    header.set_mode(0o644);
    archive
        .builder
        .append_data(&mut header, &path, &b""[..])
        .expect("entry");
    assert_eq!(dirs.unpack(archive), Ok(()));
    assert!(dirs.work(&path).is_file());
}

#[test]
fn absolute_paths_are_refused() {
    let dirs = Dirs::new();
    let path = dirs.root.path().join("outside/new");
    let archive = Archive::new().file(path.to_str().expect("path"), "");
    dirs.assert_refused(archive, "the path is absolute");
}

#[test]
fn paths_with_dot_dot_are_refused() {
    for path in ["../outside/new", "a/../../outside/new", "a/.."] {
        let archive = Archive::new().file(path, "");
        Dirs::new().assert_refused(archive, &format!("{path:?}: the path contains \"..\""));
    }
}

#[test]
fn symbolic_links_that_lead_outside_are_refused() {
    for target in ["/etc", "..", "../outside", "./../x", "a/../..", "b/.."] {
        let archive = Archive::new().file("a/b/file", "").link("link", target);
        Dirs::new().assert_refused(archive, "leads outside");
    }
    let archive = Archive::new().link("a/b/link", "../../../outside");
    Dirs::new().assert_refused(archive, "leads outside");
}

#[test]
fn nothing_is_unpacked_through_a_symbolic_link() {
    let archive = Archive::new()
        .link("here", ".")
        .link("here/here/up", "../..");
    Dirs::new().assert_refused(archive, "\"here/here/up\"");
    let archive = Archive::new()
        .file("dir/file", "")
        .link("link", "dir")
        .file("link/new", "");
    Dirs::new().assert_refused(archive, "\"link/new\"");
}

#[test]
fn nothing_is_unpacked_through_a_link_that_was_there_before() {
    let dirs = Dirs::new();
    symlink("../outside", dirs.work("planted")).expect("link");
    dirs.assert_refused(Archive::new().file("planted/new", ""), "\"planted/new\"");
    dirs.assert_refused(
        Archive::new().entry(EntryType::Directory, "planted/dir", "", ""),
        "planted",
    );
    dirs.assert_refused(
        Archive::new().entry(EntryType::Link, "x", "planted/file", ""),
        "\"x\"",
    );
    symlink("../outside/file", dirs.work("file")).expect("link");
    assert_eq!(dirs.unpack(Archive::new().file("file", "new")), Ok(()));
    let content = fs::read_to_string(dirs.root.path().join("outside/file"));
    assert_eq!(content.expect("file"), "untouched");
}

#[test]
fn hard_links_to_the_outside_are_refused() {
    for target in ["../outside/file", "/etc/passwd", "a/../../outside/file"] {
        let archive = Archive::new().entry(EntryType::Link, "hard", target, "");
        Dirs::new().assert_refused(archive, "the link leads outside");
    }
}

#[test]
fn hard_links_to_symbolic_links_are_refused() {
    let archive = Archive::new().link("a/b/link", "../../file").entry(
        EntryType::Link,
        "moved",
        "a/b/link",
        "",
    );
    Dirs::new().assert_refused(archive, "no regular file");
}

#[test]
fn a_directory_is_not_replaced_by_a_link() {
    let archive = Archive::new()
        .entry(EntryType::Directory, "dir", "", "")
        .link("dir", "elsewhere");
    Dirs::new().assert_refused(archive, "\"dir\"");
}

#[test]
fn devices_and_pipes_are_refused() {
    for kind in [EntryType::Char, EntryType::Block, EntryType::Fifo] {
        let archive = Archive::new().entry(kind, "special", "", "");
        Dirs::new().assert_refused(archive, "archive entry \"special\": only files");
    }
}

#[test]
fn a_bomb_ends_at_the_limit() {
    let dirs = Dirs::new();
    let archive = Archive::new().file("bomb", &"0".repeat(4 << 20));
    let limits = Limits {
        bytes: 1 << 20,
        entries: 10,
    };
    let error = dirs
        .unpack_bytes(&archive.finish(), limits)
        .expect_err("refused");
    assert!(
        error.contains("more than 1048576 bytes when unpacked"),
        "{error}"
    );
    assert!(dirs.work("bomb").metadata().expect("file").len() <= 1 << 20);
}

#[test]
fn too_many_entries_are_refused() {
    let dirs = Dirs::new();
    let archive = Archive::new().file("1", "").file("2", "").file("3", "");
    let limits = Limits {
        bytes: 1 << 20,
        entries: 2,
    };
    let error = dirs
        .unpack_bytes(&archive.finish(), limits)
        .expect_err("refused");
    assert_eq!(error, "archive: more than 2 entries");
}

#[test]
fn archives_that_are_cut_off_or_no_archives_are_refused() {
    let dirs = Dirs::new();
    let whole = Archive::new()
        .file("file", &"content".repeat(1000))
        .finish();
    for bytes in [
        &whole[..whole.len() / 2],
        &whole[..5],
        b"",
        b"no gzip at all",
    ] {
        let error = dirs.unpack_bytes(bytes, LIMITS).expect_err("refused");
        assert!(error.starts_with("archive"), "{error}");
    }
}
