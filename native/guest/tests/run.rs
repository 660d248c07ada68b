mod support;

use std::fs;
use std::os::unix::fs::symlink;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustix::process::getuid;
use serde_json::{Value, json};
use support::{Place, archive, has_control_groups, wait_for_end};

fn none() -> Value {
    json!({})
}

#[test]
fn output_and_exit_code_arrive() {
    let outcome = Place::new().run("echo out; echo err >&2; exit 7", none());
    assert_eq!(
        outcome.started,
        Some(json!({"type": "started", "interpreter": "fresh"}))
    );
    assert_eq!(outcome.stdout, b"out\n");
    assert_eq!(outcome.stderr, b"err\n");
    let response = outcome.response;
    assert_eq!(response["exit_code"], 7);
    assert_eq!(response["reason"], "exited");
    assert_eq!(response["error"], "");
    assert_eq!(
        response["truncated"],
        json!({"stdout": false, "stderr": false})
    );
    let time = |field: &str| {
        let text = response[field].as_str().expect("time");
        humantime::parse_rfc3339(text).expect("RFC 3339")
    };
    assert!(time("started_at") <= time("ended_at"));
}

#[test]
fn input_and_output_are_exact_bytes() {
    let bytes: Vec<u8> = (0..=255).cycle().take(300_001).collect();
    let outcome = Place::new().run("exec cat", json!({"input": STANDARD.encode(&bytes)}));
    assert!(outcome.stdout == bytes);
}

#[test]
fn without_input_the_standard_input_is_empty() {
    assert_eq!(Place::new().run("cat; echo end", none()).text(), "end\n");
}

#[test]
fn input_cannot_be_changed_by_the_program() {
    let script = "echo more >> /proc/self/fd/0; exec cat";
    let outcome = Place::new().run(script, json!({"input": STANDARD.encode("once")}));
    assert_eq!(outcome.text(), "once");
}

#[test]
fn environment_and_arguments_arrive() {
    let script = r#"echo "$HOME $FROM_RUNTIME $MINE $LANG"; for a in "$@"; do echo "<$a>"; done"#;
    let more = json!({"env": {"MINE": "ü", "LANG": "C"}, "args": ["a b", "", "-x"]});
    let outcome = Place::new().run(script, more);
    assert_eq!(outcome.text(), "/work runtime ü C\n<a b>\n<>\n<-x>\n");
}

#[test]
fn a_request_may_override_what_the_runtime_sets() {
    let more = json!({"env": {"FROM_RUNTIME": "request"}});
    let outcome = Place::new().run("echo $FROM_RUNTIME", more);
    assert_eq!(outcome.text(), "request\n");
}

#[test]
fn the_entrypoint_names_the_file() {
    let place = Place::new();
    for entrypoint in ["a/b/c.sh", "./x.sh", "-e"] {
        let outcome = place.run("pwd; echo $0", json!({"entrypoint": entrypoint}));
        assert_eq!(outcome.response["exit_code"], 0, "{entrypoint}");
        assert!(
            outcome
                .text()
                .starts_with(place.work().to_str().expect("path"))
        );
        assert!(outcome.text().trim_end().ends_with(entrypoint));
    }
}

#[test]
fn code_does_not_go_through_a_link_that_an_earlier_program_left() {
    let place = Place::new();
    let target = place.outside().join("file");
    fs::write(&target, "untouched").expect("file");
    symlink(&target, place.work().join("main.sh")).expect("link");
    symlink(place.outside(), place.work().join("dir")).expect("link");
    assert_eq!(place.run("echo ran", none()).text(), "ran\n");
    assert_eq!(fs::read_to_string(&target).expect("file"), "untouched");
    let outcome = place.run("echo ran", json!({"entrypoint": "dir/main.sh"}));
    assert_eq!(outcome.response["reason"], "invalid_request");
    assert_eq!(fs::read_dir(place.outside()).expect("outside").count(), 1);
}

#[test]
fn an_archive_is_unpacked_and_run() {
    let place = Place::new();
    let archive = archive([("lib/part.sh", "echo part"), ("main.sh", ". lib/part.sh")]);
    let outcome = place.run_archive(&archive, none());
    assert_eq!(outcome.text(), "part\n");
}

#[test]
fn an_archive_without_the_entrypoint_is_an_invalid_request() {
    let archive = archive([("other.sh", "")]);
    let outcome = Place::new().run_archive(&archive, none());
    assert_eq!(outcome.response["reason"], "invalid_request");
    assert_eq!(outcome.response["error"], r#"the archive has no "main.sh""#);
}

#[test]
fn what_is_no_archive_is_an_invalid_request() {
    let outcome = Place::new().run_archive(b"no gzip", none());
    assert_eq!(outcome.response["reason"], "invalid_request");
    let error = outcome.response["error"].as_str().expect("error");
    assert!(error.starts_with("archive: "), "{error}");
}

#[test]
fn a_timeout_kills_the_program_and_keeps_its_output_so_far() {
    let script = "echo before; sleep 1000; echo after";
    let outcome = Place::new().run(script, json!({"timeout_s": 1}));
    assert_eq!(outcome.text(), "before\n");
    assert_eq!(outcome.response["reason"], "timeout");
    assert_eq!(outcome.response["exit_code"], Value::Null);
    assert_eq!(outcome.response["error"], "timeout after 1s");
}

#[test]
fn a_program_that_never_stops_writing_meets_its_timeout() {
    let script = "exec yes";
    let more = json!({"timeout_s": 1, "output_limit": 1000});
    let outcome = Place::new().run(script, more);
    assert_eq!(outcome.response["reason"], "timeout");
    assert_eq!(outcome.response["truncated"]["stdout"], true);
    assert_eq!(outcome.stdout.len(), 1000);
}

#[test]
fn a_background_child_that_holds_the_output_open_does_not_hold_up_the_end() {
    let place = Place::new();
    let setsid = if has_control_groups() { "setsid" } else { "" };
    let mut host = place.start(&format!("{setsid} sleep 1000 & echo $!"), none());
    let named = host.output();
    assert_eq!(host.outcome().response["reason"], "exited");
    wait_for_end(&named);
}

#[test]
fn a_host_that_closes_kills_the_whole_tree() {
    let place = Place::new();
    let setsid = if has_control_groups() { "setsid" } else { "" };
    let mut host = place.start(&format!("{setsid} sleep 1000 & echo $!; wait"), none());
    let named = host.output();
    host.close();
    wait_for_end(&named);
}

#[test]
fn a_host_that_closes_at_once_leaves_the_place_free() {
    let place = Place::new();
    let archive = STANDARD.encode(archive([("main.sh", "sleep 1000")]));
    place.start("", json!({"code_archive": archive})).close();
    assert_eq!(place.run("echo next", none()).text(), "next\n");
}

#[test]
fn a_second_run_at_the_same_time_is_refused() {
    let place = Place::new();
    let mut first = place.start("echo started; sleep 1000", none());
    first.output();
    let second = place.run("echo second", none());
    assert_eq!(second.response["reason"], "invalid_request");
    assert_eq!(
        second.response["error"],
        "busy: another workload is running"
    );
    first.close();
    assert_eq!(place.run("echo third", none()).text(), "third\n");
}

#[test]
fn a_signal_becomes_an_exit_code_over_128() {
    let place = Place::new();
    for (signal, code) in [("TERM", 143), ("KILL", 137), ("SEGV", 139)] {
        let outcome = place.run(&format!("kill -{signal} $$"), none());
        assert_eq!(outcome.response["exit_code"], code);
        assert_eq!(outcome.response["reason"], "exited");
    }
}

#[test]
fn a_program_that_the_kernel_killed_for_memory_ends_as_oom() {
    let mut place = Place::new();
    place.out_of_memory_kills = 1;
    let outcome = place.run("echo so far; kill -KILL $$", none());
    assert_eq!(outcome.text(), "so far\n");
    assert_eq!(outcome.response["reason"], "oom");
    assert_eq!(outcome.response["exit_code"], 137);
    assert_ne!(outcome.response["error"], "");
}

#[test]
fn a_program_that_outlives_a_kill_for_memory_has_its_own_exit_code() {
    let mut place = Place::new();
    place.out_of_memory_kills = 1;
    let outcome = place.run("exit 3", none());
    assert_eq!(outcome.response["reason"], "exited");
    assert_eq!(outcome.response["exit_code"], 3);
}

#[test]
fn output_over_the_limit_is_dropped_and_the_program_goes_on() {
    let script = "head -c 300000 /dev/zero; echo small >&2; exit 4";
    let outcome = Place::new().run(script, json!({"output_limit": 100_000}));
    assert_eq!(outcome.stdout.len(), 100_000);
    assert_eq!(outcome.stderr, b"small\n");
    assert_eq!(
        outcome.response["truncated"],
        json!({"stdout": true, "stderr": false})
    );
    assert_eq!(outcome.response["exit_code"], 4);
}

#[test]
fn output_of_exactly_the_limit_is_not_truncated() {
    let outcome = Place::new().run("printf 12345", json!({"output_limit": 5}));
    assert_eq!(outcome.text(), "12345");
    assert_eq!(outcome.response["truncated"]["stdout"], false);
}

#[test]
fn a_host_that_does_not_read_stops_the_program_but_not_its_timeout() {
    let place = Place::new();
    let script = "echo $$; while :; do head -c 65536 /dev/zero && echo >> rounds; done";
    let mut host = place.start(script, json!({"timeout_s": 2}));
    let named = host.output();
    wait_for_end(&named);
    let rounds = fs::read(place.work().join("rounds")).expect("rounds").len();
    assert!(rounds < 32, "{rounds} rounds went into buffers");
    let outcome = host.outcome();
    assert_eq!(outcome.response["reason"], "timeout");
    assert!(outcome.stdout.len() >= rounds * 65536);
}

#[test]
fn a_root_agent_runs_programs_without_rights() {
    if !getuid().is_root() {
        return;
    }
    let script =
        "id -u; id -G; grep -E 'CapBnd|CapEff|CapInh|NoNewPrivs|Seccomp:' /proc/self/status";
    let text = Place::new().run(script, none()).text().replace('\t', " ");
    let expected = "65534\n65534\nCapInh: 0000000000000000\nCapEff: 0000000000000000\n\
                    CapBnd: 0000000000000000\nNoNewPrivs: 1\nSeccomp: 2\n";
    assert_eq!(text, expected);
}

#[test]
fn programs_have_limits() {
    let outcome = Place::new().run("ulimit -n; ulimit -c; umask", none());
    assert_eq!(outcome.text(), "1024\n0\n0022\n");
}

#[test]
fn no_descriptor_of_the_agent_reaches_a_program() {
    // SAFETY: the copy is only there to be inherited.
    assert!(unsafe { libc::fcntl(0, libc::F_DUPFD, 100) } >= 100);
    // 3 is what ls reads, 10 and 255 are where shells keep their script.
    let outcome = Place::new().run("ls /proc/self/fd | grep -vx -e 10 -e 255", none());
    assert_eq!(outcome.text(), "0\n1\n2\n3\n");
}

#[test]
fn requests_that_make_no_job_are_refused_with_words() {
    let long = "x".repeat(128 << 10);
    for (more, words) in [
        (
            json!({"entrypoint": "/etc/passwd"}),
            "entrypoint \"/etc/passwd\"",
        ),
        (json!({"entrypoint": "../x"}), "without \"..\""),
        (json!({"code_archive": "AAAA"}), "exclude each other"),
        (json!({"input": "%"}), "input: "),
        (json!({"env": {"A=B": ""}}), "\"A=B\" is no name"),
        (json!({"env": {"A": "\0"}}), "NUL"),
        (json!({"args": ["\0"]}), "NUL"),
        (json!({"args": [long]}), "longer than 128 KiB"),
        (json!({"timeout_s": -1}), "timeout_s"),
        (json!({"timeout_s": 1e300}), "timeout_s"),
        (json!({"output_limit": -1}), "request: "),
        (json!({"args": "text"}), "request: "),
        (json!({"code": null}), "code or code_archive"),
    ] {
        let outcome = Place::new().run("echo never", more);
        assert_eq!(outcome.response["reason"], "invalid_request");
        assert_eq!(outcome.response["exit_code"], Value::Null);
        let error = outcome.response["error"].as_str().expect("error");
        assert!(error.contains(words), "{error:?} has no {words:?}");
        assert_eq!(outcome.text(), "");
    }
}

#[test]
fn another_runtime_than_the_images_own_is_unsupported() {
    let outcome = Place::new().run("", json!({"runtime": "ruby"}));
    assert_eq!(outcome.response["reason"], "unsupported_runtime");
    assert_eq!(outcome.response["error"], r#"unsupported runtime: "ruby""#);
}

trait RunArchive {
    fn run_archive(&self, archive: &[u8], more: Value) -> support::Outcome;
}

impl RunArchive for Place {
    fn run_archive(&self, archive: &[u8], mut more: Value) -> support::Outcome {
        more["code_archive"] = STANDARD.encode(archive).into();
        self.run("", more)
    }
}

/// A place whose runtime has something to say of a program that did not find an import.
fn place_with_a_hint() -> Place {
    let mut place = Place::new();
    let hint = json!({"texts": ["\nNoModule: "], "words": "vendor it"});
    place.runtime.hints = vec![serde_json::from_value(hint).expect("hint")];
    place
}

#[test]
fn a_program_that_fails_with_a_text_that_its_runtime_knows_gets_a_hint_beside_its_own_words() {
    let script = "echo Traceback >&2; echo 'NoModule: x' >&2; exit 3";
    let outcome = place_with_a_hint().run(script, none());
    assert_eq!(outcome.stderr, b"Traceback\nNoModule: x\n");
    assert_eq!(outcome.response["error"], "vendor it");
    assert_eq!(outcome.response["reason"], "exited");
    assert_eq!(outcome.response["exit_code"], 3);
}

#[test]
fn a_hint_is_found_in_what_the_output_limit_cut_off() {
    let script = "echo 'NoModule: x' >&2; exit 3";
    let outcome = place_with_a_hint().run(script, json!({"output_limit": 0}));
    assert_eq!(outcome.stderr, b"");
    assert_eq!(outcome.response["error"], "vendor it");
}

#[test]
fn whoever_succeeds_or_says_it_on_stdout_or_otherwise_gets_no_hint() {
    let place = place_with_a_hint();
    for script in [
        "echo 'NoModule: x' >&2; exit 0",
        "echo 'NoModule: x'; exit 1",
        "echo 'caught NoModule: x' >&2; exit 1",
    ] {
        assert_eq!(place.run(script, none()).response["error"], "", "{script}");
    }
}

#[test]
fn a_timeout_is_told_as_one_whatever_the_program_said() {
    let script = "echo 'NoModule: x' >&2; sleep 1000";
    let outcome = place_with_a_hint().run(script, json!({"timeout_s": 1}));
    assert_eq!(outcome.response["error"], "timeout after 1s");
}
