//! Runtimes that make a program first, with shell scripts in the place of a toolchain.

mod support;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use support::{Outcome, Place, wait_for_end};

fn none() -> Value {
    json!({})
}

/// A place whose runtime builds with this script: `$1` is the program to make, `$2` the entrypoint.
fn place_that_builds(script: &str) -> Place {
    let mut place = Place::new();
    let builder = place.outside().join("builder");
    fs::write(&builder, script).expect("builder");
    place.runtime.build = Some(vec![
        "/bin/sh".to_owned(),
        path_text(builder),
        path_text(place.work().join("program")),
    ]);
    place.runtime.command = vec![path_text(place.work().join("program"))];
    place
}

fn path_text(path: PathBuf) -> String {
    path.into_os_string().into_string().expect("text")
}

fn run(script: &str, code: &str, more: Value) -> Outcome {
    place_that_builds(script).run(code, more)
}

/// Makes an executable program of the entrypoint.
const COPY: &str = r##"{ echo "#!/bin/sh"; cat "$2"; } > "$1"; chmod +x "$1""##;

#[test]
fn what_was_built_runs_with_the_arguments_but_without_the_entrypoint() {
    let more = json!({"args": ["a b", "-x"], "entrypoint": "dir/-main.sh"});
    let outcome = run(COPY, r#"for a in "$@"; do echo "<$a>"; done; exit 7"#, more);
    assert_eq!(outcome.text(), "<a b>\n<-x>\n");
    assert_eq!(outcome.response["exit_code"], 7);
    assert!(outcome.started.is_some());
}

#[test]
fn an_entrypoint_is_no_option_of_the_builder() {
    let outcome = run(r#"echo "$2"; exit 1"#, "", json!({"entrypoint": "-x"}));
    assert_eq!(outcome.text(), "./-x\n");
}

#[test]
fn a_build_that_fails_is_the_programs_failure_and_tells_in_its_own_words() {
    let outcome = run("echo out; echo \"$2:5: wrong\" >&2; exit 3", "", none());
    assert_eq!(outcome.stdout, b"out\n");
    assert_eq!(outcome.stderr, b"main.sh:5: wrong\n");
    assert_eq!(outcome.response["exit_code"], 3);
    assert_eq!(outcome.response["reason"], "exited");
    assert_eq!(outcome.response["error"], "");
    assert!(outcome.started.is_none());
}

#[test]
fn environment_and_input_are_for_the_program_alone() {
    let script = format!("env > environment; cat > input; {COPY}");
    let place = place_that_builds(&script);
    let more = json!({"env": {"PATH": "/nowhere", "FROM_RUNTIME": "request"}, "input": "aW4="});
    let outcome = place.run("read -r line; echo $FROM_RUNTIME $PATH $line", more);
    assert_eq!(outcome.text(), "request /nowhere in\n");
    let read = |name| fs::read_to_string(place.work().join(name)).expect(name);
    assert!(read("environment").contains("FROM_RUNTIME=runtime\n"));
    assert_eq!(read("input"), "");
}

#[test]
fn the_output_limit_is_for_build_and_program_together() {
    let script = format!("printf 12345; {COPY}");
    let outcome = run(
        &script,
        "printf 67890; printf abc >&2",
        json!({"output_limit": 7}),
    );
    assert_eq!(outcome.stdout, b"1234567");
    assert_eq!(outcome.stderr, b"abc");
    assert_eq!(
        outcome.response["truncated"],
        json!({"stdout": true, "stderr": false})
    );
}

#[test]
fn the_programs_time_does_not_run_while_it_is_built() {
    let script = format!("sleep 2; {COPY}");
    let outcome = run(&script, "echo ran", json!({"timeout_s": 1}));
    assert_eq!(outcome.text(), "ran\n");
    assert_eq!(outcome.response["exit_code"], 0);
}

#[test]
fn a_build_has_a_deadline_of_its_own() {
    let mut place = place_that_builds("echo before; sleep 1000");
    place.build_timeout = Duration::from_secs(1);
    let outcome = place.run("", none());
    assert_eq!(outcome.text(), "before\n");
    assert_eq!(outcome.response["reason"], "timeout");
    assert_eq!(outcome.response["exit_code"], Value::Null);
    assert_eq!(outcome.response["error"], "timeout: building took over 1s");
    assert!(outcome.started.is_none());
}

#[test]
fn a_build_that_the_kernel_killed_for_memory_ends_as_oom() {
    let mut place = place_that_builds("kill -KILL $$");
    place.out_of_memory_kills = 1;
    let outcome = place.run("", none());
    assert_eq!(outcome.response["reason"], "oom");
    assert_eq!(outcome.response["exit_code"], 137);
    let error = outcome.response["error"].as_str().expect("error");
    assert!(error.contains("building"), "{error}");
}

#[test]
fn a_host_that_closes_kills_the_build() {
    let place = place_that_builds("echo $$; sleep 1000");
    let mut host = place.start("", none());
    let named = host.output();
    host.close();
    wait_for_end(&named);
}

#[test]
fn what_a_build_leaves_running_does_not_see_the_program_start() {
    let place = place_that_builds(&format!("sleep 1000 & echo $!; {COPY}"));
    let mut host = place.start("echo ran; sleep 1000", none());
    wait_for_end(&host.output());
    assert_eq!(support::output_bytes(&host.output()), b"ran\n");
    host.close();
}

#[test]
fn a_build_has_no_more_rights_than_the_program() {
    let script = "id -u; grep -E 'CapBnd|NoNewPrivs|Seccomp:' /proc/self/status; ulimit -c";
    let built = run(&format!("{script}; exit 1"), "", none());
    assert_eq!(built.text(), Place::new().run(script, none()).text());
}

#[test]
fn a_build_that_makes_nothing_is_the_images_failure() {
    let place = place_that_builds("true");
    let mut host = place.start("", none());
    assert_eq!(host.message(), None);
    host.assert_failed();
}

#[test]
fn a_hint_is_about_the_build_where_there_is_one() {
    let hint = json!({"texts": ["no module provides"], "words": "vendor it"});
    let outcome_of = |script: &str, code: &str| {
        let mut place = place_that_builds(script);
        place.runtime.hints = vec![serde_json::from_value(hint.clone()).expect("hint")];
        place.run(code, none())
    };
    let words = "echo 'x: no module provides y' >&2; exit 1";
    let failed_build = outcome_of(words, "");
    assert_eq!(failed_build.stderr, b"x: no module provides y\n");
    assert_eq!(failed_build.response["error"], "vendor it");
    let failed_program = outcome_of(COPY, words);
    assert_eq!(failed_program.stderr, b"x: no module provides y\n");
    assert_eq!(failed_program.response["exit_code"], 1);
    assert_eq!(failed_program.response["error"], "");
}
