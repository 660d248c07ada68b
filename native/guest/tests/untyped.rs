mod support;

use serde_json::{Value, json};
use support::{Outcome, Place};

fn run(script: &str, more: Value) -> Outcome {
    let mut request = json!({"runtime": "sh", "code": script});
    for (name, value) in more.as_object().expect("object") {
        request[name] = value.clone();
    }
    Place::new().request(&request).outcome()
}

fn lines<'a>(outcome: &'a Outcome, stream: &str) -> Vec<&'a str> {
    let of_stream = outcome
        .lines
        .iter()
        .filter(|event| event["stream"] == stream);
    of_stream
        .map(|event| event["line"].as_str().expect("line"))
        .collect()
}

#[test]
fn each_line_is_an_event_and_the_output_is_in_the_final_message() {
    let outcome = run(
        "echo a; echo; printf 'no end'; echo err >&2; exit 3",
        json!({}),
    );
    assert_eq!(lines(&outcome, "stdout"), ["a", "", "no end"]);
    assert_eq!(lines(&outcome, "stderr"), ["err"]);
    let response = &outcome.response;
    assert_eq!(response["exit_code"], 3);
    assert_eq!(response["output"], "a\n\nno enderr\n");
    assert_eq!(response["error"], "");
    assert_eq!(response["log_lines"].as_array().map(Vec::len), Some(4));
}

#[test]
fn a_long_line_is_split_between_characters() {
    // 32 KiB + 1 bytes of characters that are two bytes long, after one that is not.
    let script = "printf x; i=0; while [ $i -lt 16384 ]; do printf ü; i=$((i+1)); done; echo";
    let outcome = run(script, json!({}));
    let lines = lines(&outcome, "stdout");
    assert_eq!(
        lines.iter().map(|line| line.len()).collect::<Vec<_>>(),
        [32_767, 2]
    );
    assert_eq!(lines.concat(), "x".to_owned() + &"ü".repeat(16_384));
}

#[test]
fn bytes_that_are_no_text_are_replaced() {
    let outcome = run(r"printf 'a\377b\n'", json!({}));
    assert_eq!(lines(&outcome, "stdout"), ["a\u{fffd}b"]);
    assert_eq!(outcome.response["output"], "a\u{fffd}b\n");
}

#[test]
fn output_over_8_mib_is_cut_with_a_mark() {
    let outcome = run("head -c 9000000 /dev/zero | tr '\\0' x", json!({}));
    let output = outcome.response["output"].as_str().expect("output");
    assert_eq!(output.find('\n'), Some(8 << 20));
    assert!(output.ends_with("[output truncated]\n"));
    assert_eq!(outcome.response["exit_code"], 0);
}

#[test]
fn binary_output_does_not_make_the_final_message_too_long() {
    let outcome = run("head -c 9000000 /dev/zero", json!({}));
    let output = outcome.response["output"].as_str().expect("output");
    assert!(output.ends_with("[output truncated]\n"));
}

#[test]
fn a_timeout_has_words_and_no_code_of_success() {
    let outcome = run("echo before; sleep 1000", json!({"timeout_s": 1}));
    assert_eq!(outcome.response["error"], "timeout after 1s");
    assert_eq!(outcome.response["exit_code"], -1);
    assert_eq!(outcome.response["output"], "before\n");
}

#[test]
fn fields_that_are_null_or_unknown_are_as_if_absent() {
    let more = json!({"env": null, "input": null, "timeout_s": 0, "code_archive": "", "new": 1});
    assert_eq!(run("echo fine", more).response["output"], "fine\n");
}

#[test]
fn an_unsupported_runtime_has_words() {
    let outcome = run("", json!({"runtime": "ruby"}));
    assert_eq!(outcome.response["error"], "unsupported runtime: \"ruby\"");
}

#[test]
fn a_hint_is_in_the_error_of_the_final_message() {
    let mut place = Place::new();
    let hint = json!({"texts": ["\nNoModule: "], "words": "vendor it"});
    place.runtime.hints = vec![serde_json::from_value(hint).expect("hint")];
    let request = json!({"runtime": "sh", "code": "echo 'NoModule: x' >&2; exit 1"});
    let response = place.request(&request).outcome().response;
    assert_eq!(response["error"], "vendor it");
    assert_eq!(response["output"], "NoModule: x\n");
    assert_eq!(response["exit_code"], 1);
}
