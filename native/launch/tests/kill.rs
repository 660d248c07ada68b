//! `kill`: ends exactly the recorded process.

mod common;

use std::fs;
use std::path::PathBuf;

use common::{LAUNCH, Running, launch, run, stdout, temp_dir, text};
use serde_json::{Value, json};

struct Sleeper {
    process: Running,
    record: PathBuf,
    _dir: tempfile::TempDir,
}

impl Sleeper {
    fn start(script: &str) -> Self {
        let dir = temp_dir();
        let record = dir.path().join("record");
        let mut command = launch([
            "exec",
            "--record",
            text(&record),
            "--",
            "/bin/sh",
            "-c",
            script,
        ]);
        let process = Running::until_line(&mut command, "ready");
        Self {
            process,
            record,
            _dir: dir,
        }
    }

    /// What `kill` prints and its exit code.
    fn kill(&self, options: &[&str]) -> (String, Option<i32>) {
        let output = run([&["kill", text(&self.record)], options].concat());
        (stdout(&output).trim().to_owned(), output.status.code())
    }

    fn forge(&self, field: &str, change: impl FnOnce(&Value) -> Value) {
        let mut record: Value =
            serde_json::from_slice(&fs::read(&self.record).expect("the record")).expect("JSON");
        record[field] = change(&record[field]);
        fs::write(&self.record, record.to_string()).expect("a forged record");
    }

    fn is_running(&mut self) -> bool {
        self.process.0.try_wait().expect("a child").is_none()
    }
}

const SLEEP: &str = "echo ready; exec sleep 1000";

fn done(word: &str) -> (String, Option<i32>) {
    (word.to_owned(), Some(0))
}

#[test]
fn the_recorded_process_is_killed_and_then_gone() {
    let mut sleeper = Sleeper::start(SLEEP);
    assert_eq!(sleeper.kill(&["--wait-ms", "60000"]), done("killed"));
    assert_eq!(sleeper.kill(&[]), done("gone"), "a zombie has ended");
    assert!(!sleeper.process.0.wait().expect("an exit").success());
    assert_eq!(sleeper.kill(&[]), done("gone"), "nobody has the pid");
}

#[test]
fn another_process_with_the_same_pid_is_left_alone() {
    let mut sleeper = Sleeper::start(SLEEP);
    sleeper.forge("start_time_ticks", |ticks| {
        json!(ticks.as_u64().expect("a number") - 1)
    });
    assert_eq!(sleeper.kill(&["--wait-ms", "0"]), done("stale"));
    assert!(sleeper.is_running());
}

#[test]
fn a_record_of_another_boot_kills_nobody() {
    let mut sleeper = Sleeper::start(SLEEP);
    sleeper.forge("boot_id", |_| json!("00000000-0000-4000-8000-000000000000"));
    assert_eq!(sleeper.kill(&["--wait-ms", "0"]), done("stale"));
    assert!(sleeper.is_running());
}

#[test]
fn a_process_that_does_not_end_in_time_is_alive() {
    let sleeper = Sleeper::start("trap '' TERM; echo ready; exec sleep 1000");
    assert_eq!(
        sleeper.kill(&["--signal", "TERM", "--wait-ms", "20"]),
        ("alive".to_owned(), Some(1))
    );
    assert_eq!(
        sleeper.kill(&["--signal", "0", "--wait-ms", "0"]),
        ("alive".to_owned(), Some(1))
    );
    assert_eq!(
        sleeper.kill(&["--signal", "SIGKILL", "--wait-ms", "60000"]),
        done("killed")
    );
}

#[test]
fn what_is_no_record_is_refused() {
    let dir = temp_dir();
    let file = dir.path().join("record");
    let texts = [
        "",
        "{",
        "17",
        r#"{"pid":0,"start_time_ticks":1,"boot_id":"x"}"#,
        r#"{"pid":-1,"start_time_ticks":1,"boot_id":"x"}"#,
    ];
    for text_of_record in texts {
        fs::write(&file, text_of_record).expect("a file");
        assert_eq!(
            run(["kill", text(&file)]).status.code(),
            Some(65),
            "{text_of_record}"
        );
    }
    assert_eq!(run(["kill", "/no/such/record"]).status.code(), Some(65));
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(LAUNCH, &link).expect("a link");
    assert_eq!(run(["kill", text(&link)]).status.code(), Some(65));
}
