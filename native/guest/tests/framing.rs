mod support;

use serde_json::json;
use support::{Outcome, Place, frame};
use vulcan_guest::message::{Decoder, FrameError, REQUEST_LIMIT, TYPED_LIMIT, encode};

const PING: &[u8] = br#"{"type":"ping"}"#;

fn assert_invalid(outcome: &Outcome, words: &str) {
    assert_eq!(outcome.response["reason"], "invalid_request");
    let error = outcome.response["error"].as_str().expect("error");
    assert!(error.contains(words), "{error:?} has no {words:?}");
}

#[test]
fn a_ping_is_answered_with_version_and_stages() {
    let outcome = Place::new().send(&frame(PING)).outcome();
    assert_eq!(outcome.response["version"], env!("CARGO_PKG_VERSION"));
    assert!(outcome.response["uptime_ms"].as_u64() > Some(0));
    assert!(outcome.response["stages"]["listening_ms"].is_u64());
}

#[test]
fn a_message_may_come_in_any_pieces() {
    let mut decoder = Decoder::new(REQUEST_LIMIT);
    for byte in frame(PING) {
        assert_eq!(decoder.next_message(), Ok(None));
        decoder.push(&[byte]);
    }
    assert_eq!(decoder.next_message(), Ok(Some(PING.to_vec())));
}

#[test]
fn several_messages_may_come_at_once() {
    let mut decoder = Decoder::new(REQUEST_LIMIT);
    decoder.push(&[frame(b"1"), frame(b"22"), frame(b"333")[..5].to_vec()].concat());
    assert_eq!(decoder.next_message(), Ok(Some(b"1".to_vec())));
    assert_eq!(decoder.next_message(), Ok(Some(b"22".to_vec())));
    assert_eq!(decoder.next_message(), Ok(None));
    decoder.push(b"33");
    assert_eq!(decoder.next_message(), Ok(Some(b"333".to_vec())));
}

#[test]
fn a_length_over_the_limit_is_refused_by_its_header_alone() {
    let mut decoder = Decoder::new(10);
    decoder.push(&11_u32.to_be_bytes());
    let refused = FrameError::TooLong {
        length: 11,
        limit: 10,
    };
    assert_eq!(decoder.next_message(), Err(refused));
}

#[test]
fn a_message_of_exactly_the_limit_is_taken() {
    let mut decoder = Decoder::new(10);
    decoder.push(&frame(b"0123456789"));
    assert_eq!(decoder.next_message(), Ok(Some(b"0123456789".to_vec())));
}

#[test]
fn an_outgoing_message_over_its_limit_is_an_error() {
    let fitting = "x".repeat(TYPED_LIMIT - 2);
    assert!(encode(&fitting, TYPED_LIMIT).is_ok());
    assert!(encode(&(fitting + "x"), TYPED_LIMIT).is_err());
}

#[test]
fn length_zero_is_an_invalid_request() {
    assert_invalid(&Place::new().send(&[0; 4]).outcome(), "length 0");
}

#[test]
fn a_length_over_the_limit_is_an_invalid_request() {
    let outcome = Place::new().send(&u32::MAX.to_be_bytes()).outcome();
    assert_invalid(&outcome, "4294967295 bytes");
}

#[test]
fn what_is_no_json_is_an_invalid_request() {
    for bytes in [
        &b"{"[..],
        b"\xff",
        b"{\"type\":\"\xff\"}",
        b"null",
        b"{\"type\":7}",
    ] {
        assert_invalid(&Place::new().send(&frame(bytes)).outcome(), "request: ");
    }
}

#[test]
fn json_that_is_nested_too_deep_is_an_invalid_request_even_in_unknown_fields() {
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        frame(format!(r#"{{"type":"ping","unknown":{open}{close}}}"#).as_bytes())
    };
    assert_invalid(&Place::new().send(&nested(64)).outcome(), "deeper than 64");
    let outcome = Place::new().send(&nested(63)).outcome();
    assert!(outcome.response["version"].is_string());
}

#[test]
fn brackets_in_strings_are_no_nesting() {
    let text = format!("\"{}\\", "[".repeat(100));
    let outcome = Place::new()
        .request(&json!({"type": "ping", "unknown": text}))
        .outcome();
    assert!(outcome.response["version"].is_string());
}

#[test]
fn an_unknown_type_is_an_invalid_request() {
    let outcome = Place::new().request(&json!({"type": "exec"})).outcome();
    assert_invalid(&outcome, r#"unknown request type "exec""#);
}

#[test]
fn a_request_that_is_cut_off_ends_the_operation_without_an_answer() {
    let mut host = Place::new().send(&frame(PING)[..10]);
    host.stop_writing();
    assert_eq!(host.message(), None);
    host.close();
}

#[test]
fn a_network_that_makes_no_sense_is_refused_with_its_field() {
    let refused = |request: serde_json::Value, words: &str| {
        assert_invalid(&Place::new().request(&request).outcome(), words);
    };
    refused(
        json!({"type": "configure", "address": "192.0.2.1"}),
        "address: \"192.0.2.1\": ",
    );
    refused(
        json!({"type": "configure", "gateway": ["192.0.2.1"]}),
        "gateway: 192.0.2.1 has no address",
    );
    refused(json!({"type": "configure", "mtu": 9}), "mtu: 9 ");
    refused(json!({"type": "configure", "dns": [1]}), "request: ");
}

#[test]
fn a_clock_that_is_no_time_is_refused() {
    let request = json!({"type": "configure", "clock": "yesterday"});
    assert_invalid(&Place::new().request(&request).outcome(), "clock: ");
}
