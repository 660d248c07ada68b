//! `hold`: the lock is held as long as the owner's pipe is open, and not a moment less.

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{Running, launch, run, temp_dir, text};
use rustix::process::{Pid, Signal, kill_process};

fn hold(file: &Path) -> Running {
    Running::until_line(launch(["hold", text(file)]).stdin(Stdio::piped()), "held")
}

/// Takes the lock with a pipe that is closed already: 0 when it was free, 75 when not.
fn probe(file: &Path) -> Option<i32> {
    run(["hold", text(file)]).status.code()
}

#[test]
fn a_second_holder_is_refused_until_the_pipe_closes() {
    let dir = temp_dir();
    let file = dir.path().join("owner.lock");
    let mut first = hold(&file);
    assert_eq!(
        fs::metadata(&file)
            .expect("the lock file")
            .permissions()
            .mode()
            & 0o777,
        0o600
    );
    assert_eq!(probe(&file), Some(75));
    drop(first.0.stdin.take());
    assert!(first.0.wait().expect("an exit").success());
    assert_eq!(probe(&file), Some(0));
}

#[test]
fn the_lock_is_released_when_the_owner_is_killed() {
    let dir = temp_dir();
    let file = dir.path().join("owner.lock");
    let owner_script = format!(
        "echo $$; exec sleep 1000 >{}",
        text(&dir.path().join("fifo"))
    );
    assert!(
        Command::new("mkfifo")
            .arg(dir.path().join("fifo"))
            .status()
            .expect("mkfifo")
            .success()
    );
    let mut owner = Command::new("/bin/sh")
        .args(["-c", &owner_script])
        .stdout(Stdio::piped())
        .spawn()
        .map(Running)
        .expect("an owner");
    assert_ne!(owner.read_line(), "");
    let pipe = fs::File::open(dir.path().join("fifo")).expect("the owner's pipe");
    let mut holder = Running::until_line(launch(["hold", text(&file)]).stdin(pipe), "held");
    assert_eq!(probe(&file), Some(75));
    owner.0.kill().expect("a SIGKILL");
    assert!(holder.0.wait().expect("an exit").success());
    assert_eq!(probe(&file), Some(0));
}

#[test]
fn signals_that_end_the_owner_politely_do_not_release_the_lock() {
    let dir = temp_dir();
    let file = dir.path().join("owner.lock");
    let first = hold(&file);
    let pid = Pid::from_child(&first.0);
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        kill_process(pid, signal).expect("a signal");
    }
    assert_eq!(probe(&file), Some(75));
}

#[test]
fn a_lock_file_that_was_removed_does_not_block_the_new_one() {
    let dir = temp_dir();
    let file = dir.path().join("owner.lock");
    let _first = hold(&file);
    fs::remove_file(&file).expect("the lock file");
    assert_eq!(probe(&file), Some(0));
}
