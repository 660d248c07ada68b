//! What the tests share: the program under test and ways to run it.

#![allow(dead_code, reason = "every test file uses its own part of this")]

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

pub const LAUNCH: &str = env!("CARGO_BIN_EXE_vulcan-launch");

/// An id that no account of the machine needs to have.
pub const OTHER_ID: u32 = 54_321;

pub fn launch<I: AsRef<OsStr>>(args: impl IntoIterator<Item = I>) -> Command {
    let mut command = Command::new(LAUNCH);
    command.args(args).stdin(Stdio::null());
    command
}

pub fn run<I: AsRef<OsStr>>(args: impl IntoIterator<Item = I>) -> Output {
    launch(args).output().expect("vulcan-launch runs")
}

/// Everything behind `-- ` is run by a shell, so that a test reads like what it checks.
pub fn run_shell(options: &[&str], script: &str) -> Output {
    run([&["exec"], options, &["--", "/bin/sh", "-c", script]].concat())
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The output of a run that must have succeeded.
pub fn successful(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}: {}",
        output.status,
        stderr(output)
    );
    stdout(output)
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Says why a test does nothing. With VULCAN_TEST_ALL set it fails instead.
pub fn skip(why: &str) {
    assert!(
        std::env::var_os("VULCAN_TEST_ALL").is_none(),
        "must not be skipped: {why}"
    );
    eprintln!("skipped: {why}");
}

pub fn temp_dir() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).expect("its mode");
    dir
}

/// Paths as the text that command lines are made of.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// A copy of the program where an unprivileged user can execute it, wherever the build directory is.
/// Made by another process: what a parallel test forks meanwhile would hold the file open for writing,
/// and a file that is written cannot be executed (execve(2), ETXTBSY).
pub fn copy_for_everybody(dir: &Path) -> PathBuf {
    let copy = dir.join("vulcan-launch");
    let status = Command::new("cp")
        .arg(LAUNCH)
        .arg(&copy)
        .status()
        .expect("cp runs");
    assert!(status.success(), "a copy of vulcan-launch");
    copy
}

/// The same, run as somebody who is not root.
pub fn run_unprivileged(program: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).current_dir("/");
    if is_root() {
        command.uid(OTHER_ID).gid(OTHER_ID);
    }
    command.output().expect("vulcan-launch runs")
}

/// The options that show a shell and its libraries inside an own root.
pub fn shell_binds() -> Vec<String> {
    let mut options = Vec::new();
    for (source, target) in [
        ("/usr", "/usr"),
        ("/bin", "/bin"),
        ("/lib", "/lib"),
        ("/lib64", "/lib64"),
    ] {
        if Path::new(source).exists() {
            options.extend(["--bind".to_owned(), format!("{source}:{target}")]);
        }
    }
    options
}

/// A process that is killed and waited for when the test ends, however it ends.
pub struct Running(pub Child);

impl Running {
    /// Starts it and waits for the line by which it says that it is ready.
    pub fn until_line(command: &mut Command, line: &str) -> Self {
        let mut running = Self(
            command
                .stdout(Stdio::piped())
                .spawn()
                .expect("the program starts"),
        );
        assert_eq!(running.read_line(), format!("{line}\n"));
        running
    }

    pub fn read_line(&mut self) -> String {
        let mut line = String::new();
        let out = self.0.stdout.as_mut().expect("a piped standard output");
        BufReader::with_capacity(1, out)
            .read_line(&mut line)
            .expect("a line");
        line
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
