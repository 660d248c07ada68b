mod support;

use std::fs;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use support::{Host, Outcome, Place, run_request, wait_for_end};

/// A shell that waits as interpreters do, and names itself in a file.
const WAITS: &str = r#"
[ "$(cat)" = "" ] || exit 1
echo $$ > "$HOME_OF_TEST/waiting"
printf . >&63
mapfile -t -d "" fields <&63
exec 63>&-
[ "${fields[0]}" = 1 ] || exec < /dev/null
exec < /proc/self/fd/0
entrypoint=${fields[1]} count=${fields[2]}
set -- "${fields[@]:3:count}"
for variable in "${fields[@]:3+count}"; do export "$variable"; done
was_warm=yes
. "./$entrypoint"
"#;

fn place(script: &str) -> Place {
    let mut place = Place::new();
    let warm = json!({
        "command": ["/bin/bash", "-c", script],
        "fresh_variables": ["LC_*", "HOME"],
    });
    place.runtime.warm = Some(serde_json::from_value(warm).expect("warm"));
    let work = place.work().to_str().expect("path").to_owned();
    place.runtime.env.insert("HOME_OF_TEST".to_owned(), work);
    place
}

fn run(mut host: Host, script: &str, more: Value) -> Outcome {
    host.tell(&run_request(script, more));
    host.outcome()
}

fn started(outcome: &Outcome) -> &Value {
    outcome.started.as_ref().expect("started")
}

fn waiting_pid(place: &Place) -> Pid {
    let text = fs::read_to_string(place.work().join("waiting")).expect("pid");
    Pid::from_raw(text.trim().parse().expect("number")).expect("pid")
}

fn wait_until_gone(pid: impl std::fmt::Display) {
    wait_for_end(&json!({"data": STANDARD.encode(format!("{pid}\n"))}));
}

#[test]
fn an_interpreter_that_waits_gets_the_program() {
    let place = place(WAITS);
    let host = place.prepare("waiting");
    let script = r#"echo "$was_warm $MINE $FROM_RUNTIME"; for a in "$@"; do echo "<$a>"; done; cat
        pwd; [ -e /proc/self/fd/63 ] && echo open; echo err >&2; exit 7"#;
    let input = STANDARD.encode("from stdin\n");
    let more = json!({"args": ["a b", "", "ü\n"], "env": {"MINE": "x=y"}, "input": input});
    let outcome = run(host, script, more);
    let text = format!(
        "yes x=y runtime\n<a b>\n<>\n<ü\n>\nfrom stdin\n{}\n",
        place.work().display()
    );
    assert_eq!(outcome.text(), text);
    assert_eq!(outcome.stderr, b"err\n");
    assert_eq!(outcome.response["exit_code"], 7);
    let event = json!({"type": "started", "interpreter": "warm"});
    assert_eq!(started(&outcome), &event);
}

#[test]
fn a_program_without_input_reads_the_null_device() {
    let outcome = run(
        place(WAITS).prepare("waiting"),
        "readlink /proc/self/fd/0; cat",
        json!({}),
    );
    assert_eq!(outcome.text(), "/dev/null\n");
}

#[test]
fn much_input_and_many_arguments_reach_a_waiting_interpreter() {
    let input: Vec<u8> = (0..=255).cycle().take(3_000_001).collect();
    let args = vec!["x".repeat(100_000); 9];
    let more = json!({"input": STANDARD.encode(&input), "args": args});
    let outcome = run(
        place(WAITS).prepare("waiting"),
        "cat; echo $#${#9} >&2",
        more,
    );
    assert!(outcome.stdout == input);
    assert_eq!(outcome.stderr, b"9100000\n");
}

#[test]
fn input_of_a_waiting_interpreter_cannot_be_changed_by_the_program() {
    let more = json!({"input": STANDARD.encode("once")});
    let script = "echo more >> /proc/self/fd/0; exec cat";
    let outcome = run(place(WAITS).prepare("waiting"), script, more);
    assert_eq!(outcome.text(), "once");
}

#[test]
fn variables_that_an_interpreter_reads_at_its_start_give_a_fresh_one() {
    let script = r#"echo "$was_warm$LC_ALL""#;
    for (env, text) in [
        (json!({"LC_ALL": "C"}), "C\n"),
        (json!({"HOME": "/"}), "\n"),
    ] {
        let place = place(WAITS);
        let host = place.prepare("waiting");
        let outcome = run(host, script, json!({"env": env}));
        assert_eq!(outcome.text(), text);
        let because = json!({"type": "started", "interpreter": "fresh", "because": "environment"});
        assert_eq!(started(&outcome), &because);
    }
    let same = json!({"env": {"HOME": "/work", "ALSO_LC_ALL": "C"}});
    let outcome = run(place(WAITS).prepare("waiting"), script, same);
    assert_eq!(outcome.text(), "yes\n");
}

#[test]
fn an_interpreter_that_has_waited_too_long_is_gone_before_a_fresh_one_starts() {
    let mut place = place(WAITS);
    place.waiting_limit = Duration::ZERO;
    let host = place.prepare("waiting");
    let pid = waiting_pid(&place).as_raw_nonzero();
    let outcome = run(host, &format!("[ -e /proc/{pid} ] || echo gone"), json!({}));
    assert_eq!(outcome.text(), "gone\n");
    assert_eq!(started(&outcome)["because"], "age");
}

#[test]
fn an_interpreter_that_died_while_it_waited_is_replaced() {
    let mut place = place(WAITS);
    place.out_of_memory_kills = 1;
    let host = place.prepare("waiting");
    let pid = waiting_pid(&place);
    kill_process(pid, Signal::KILL).expect("kill");
    wait_until_gone(pid.as_raw_nonzero());
    let outcome = run(host, "echo ran; kill -9 $$", json!({}));
    assert_eq!(outcome.text(), "ran\n");
    assert_eq!(started(&outcome)["because"], "died");
    assert_eq!(outcome.response["reason"], "exited");
}

#[test]
fn an_interpreter_that_wrote_something_while_it_waited_is_not_used() {
    let place = place(&format!("echo early\n{WAITS}"));
    let outcome = run(place.prepare("waiting"), "echo mine", json!({}));
    assert_eq!(outcome.text(), "mine\n");
    assert_eq!(started(&outcome)["because"], "died");
}

#[test]
fn an_interpreter_that_does_not_come_up_leaves_runs_as_they_were() {
    for script in ["exit 1", "exec 63>&-; exec sleep 1000"] {
        let outcome = run(place(script).prepare("none"), "echo ran", json!({}));
        assert_eq!(outcome.text(), "ran\n");
        let event = json!({"type": "started", "interpreter": "fresh"});
        assert_eq!(started(&outcome), &event);
    }
}

#[test]
fn an_image_without_an_interpreter_that_waits_prepares_none() {
    let outcome = run(Place::new().prepare("none"), "echo ran", json!({}));
    assert_eq!(outcome.text(), "ran\n");
    assert_eq!(started(&outcome)["interpreter"], "fresh");
}

#[test]
fn a_command_that_prepares_runs_to_its_end_unseen() {
    let mut place = Place::new();
    let script = "echo seen; echo seen >&2; sleep 1000 & pwd > prepared; echo $! >> prepared";
    place.runtime.prepare = Some(["/bin/sh", "-c", script].map(str::to_owned).to_vec());
    let host = place.prepare("none");
    let text = fs::read_to_string(place.work().join("prepared")).expect("prepared");
    let (dir, pid) = text.trim().split_once('\n').expect("two lines");
    assert_eq!(dir, place.work().to_str().expect("path"));
    wait_until_gone(pid);
    let outcome = run(host, "echo ran", json!({}));
    assert_eq!(
        (outcome.text().as_str(), outcome.stderr.len()),
        ("ran\n", 0)
    );
}

/// Writes down what it is run by, and what is there.
const REHEARSAL: &str = r#"echo unheard; found=$(ls); echo "$was_warm" $found > rehearsed"#;

#[test]
fn a_rehearsal_is_a_run_that_leaves_nothing_and_is_not_heard() {
    let mut place = place(WAITS);
    place.runtime.rehearsal = Some(REHEARSAL.to_owned());
    let host = place.prepare("waiting");
    let text = fs::read_to_string(place.work().join("rehearsed")).expect("rehearsed");
    let entrypoint = place.runtime.default_entrypoint.clone();
    assert_eq!(text, format!("yes {entrypoint} waiting\n"));
    assert!(!place.work().join(entrypoint).exists());
    let outcome = run(host, r#"echo "$was_warm""#, json!({}));
    assert_eq!(
        (outcome.text().as_str(), outcome.stderr.len()),
        ("yes\n", 0)
    );
}

#[test]
fn a_rehearsal_that_cannot_be_started_leaves_nothing() {
    let mut place = Place::new();
    place.runtime.command = vec!["/there/is/none".to_owned()];
    place.runtime.rehearsal = Some("echo".to_owned());
    let host = place.prepare("none");
    let entrypoint = &place.runtime.default_entrypoint;
    assert!(!place.work().join(entrypoint).exists());
    host.close();
}

#[test]
fn an_image_without_an_interpreter_that_waits_can_have_a_rehearsal() {
    let mut place = Place::new();
    place.runtime.rehearsal = Some("echo > rehearsed".to_owned());
    let host = place.prepare("none");
    assert!(place.work().join("rehearsed").exists());
    assert_eq!(run(host, "echo ran", json!({})).text(), "ran\n");
}

#[test]
fn what_of_a_preparation_fails_or_takes_too_long_leaves_runs_as_they_were() {
    let mut place = Place::new();
    place.build_timeout = Duration::from_millis(200);
    for script in ["exit 1", "exec sleep 1000"] {
        let command = ["/bin/sh", "-c", script].map(str::to_owned).to_vec();
        for (prepare, rehearsal) in [(Some(command), None), (None, Some(script.to_owned()))] {
            place.runtime.prepare = prepare;
            place.runtime.rehearsal = rehearsal;
            let outcome = run(place.prepare("none"), "echo ran", json!({}));
            assert_eq!(outcome.text(), "ran\n");
        }
    }
}

#[test]
fn a_host_that_closes_ends_what_is_prepared() {
    let place = place(WAITS);
    let host = place.prepare("waiting");
    let pid = waiting_pid(&place).as_raw_nonzero();
    host.close();
    wait_until_gone(pid);
    let outcome = run(place.prepare("waiting"), "echo next", json!({}));
    assert_eq!(outcome.text(), "next\n");
}

#[test]
fn a_host_that_closes_during_the_preparation_ends_it() {
    for mut place in [place("exec sleep 1000"), Place::new()] {
        if place.runtime.warm.is_none() {
            place.runtime.prepare = Some(["/bin/sleep", "1000"].map(str::to_owned).to_vec());
        }
        place.request(&json!({"type": "prepare"})).close();
        place.runtime.prepare = None;
        assert_eq!(place.run("echo next", json!({})).text(), "next\n");
        place.runtime.rehearsal = Some("exec sleep 1000".to_owned());
        place.request(&json!({"type": "prepare"})).close();
        place.runtime.rehearsal = None;
        assert_eq!(place.run("echo next", json!({})).text(), "next\n");
    }
}

#[test]
fn others_are_busy_while_a_run_is_prepared_and_pings_are_answered() {
    let place = place(WAITS);
    let host = place.prepare("waiting");
    let refused = place.run("echo never", json!({}));
    assert_eq!(
        refused.response["error"],
        "busy: another workload is running"
    );
    let second = place.request(&json!({"type": "prepare"})).outcome();
    assert_eq!(
        second.response["error"],
        "busy: another workload is running"
    );
    let ping = place.request(&json!({"type": "ping"})).outcome();
    assert!(ping.response["uptime_ms"].is_u64());
    assert_eq!(run(host, "echo ran", json!({})).text(), "ran\n");
}

#[test]
fn what_follows_a_preparation_is_a_typed_run_that_can_be_carried_out() {
    let deep = json!({"type": "run", "x": (0..80).fold(json!(1), |inner, _| json!([inner]))});
    for (request, words) in [
        (json!({"type": "ping"}), "what is prepared is a typed run"),
        (
            json!({"runtime": "sh", "code": "x"}),
            "what is prepared is a typed run",
        ),
        (deep, "JSON nested deeper than 64"),
        (
            run_request("", json!({"entrypoint": "../x"})),
            "entrypoint \"../x\"",
        ),
    ] {
        let mut host = place(WAITS).prepare("waiting");
        host.tell(&request);
        let outcome = host.outcome();
        assert_eq!(outcome.response["reason"], "invalid_request");
        let error = outcome.response["error"].as_str().expect("error");
        assert!(error.contains(words), "{error}");
    }
}
