//! Running a program both ways, and comparing what came of it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use vulcan_guest::workload::runtime::{RUNTIME_FILE, Runtime};
use vulcan_guest::workload::{Site, WORK_DIR, WORKLOAD_USER};

use super::program::Program;
use crate::support::{Outcome, PATIENCE, frame, make_trees, send_to};

const SHOWN_CHARACTERS: usize = 1500;

/// Runs a program fresh and warm, and says what is not the same.
pub fn check(program: &Program) -> Result<(), String> {
    let fresh = run(program, false)?;
    let warm = run(program, true)?;
    if !program.differs {
        return compare(&fresh, &warm);
    }
    for outcome in [&fresh, &warm] {
        if outcome.response["exit_code"] != 0 {
            return Err(format!("{}\n{}", outcome.response, text(&outcome.stderr)));
        }
    }
    match program.varies && run(program, true)?.stdout == warm.stdout {
        true => Err("it is the same in two interpreters that waited".to_owned()),
        false => Ok(()),
    }
}

fn compare(fresh: &Outcome, warm: &Outcome) -> Result<(), String> {
    for field in ["exit_code", "reason", "error", "truncated"] {
        same(
            field,
            &fresh.response[field].to_string(),
            &warm.response[field].to_string(),
        )?;
    }
    same("stderr", &text(&fresh.stderr), &text(&warm.stderr))?;
    same("stdout", &text(&fresh.stdout), &text(&warm.stdout))
}

fn same(what: &str, fresh: &str, warm: &str) -> Result<(), String> {
    if fresh == warm {
        return Ok(());
    }
    let (fresh, warm) = (without_numbers(fresh), without_numbers(warm));
    if fresh == warm {
        return Ok(());
    }
    let at = fresh
        .bytes()
        .zip(warm.bytes())
        .take_while(|(one, other)| one == other)
        .count();
    let shown = |text: &str| {
        let around = &text.as_bytes()[at.saturating_sub(200).min(text.len())..];
        String::from_utf8_lossy(around)
            .chars()
            .take(SHOWN_CHARACTERS)
            .collect::<String>()
    };
    Err(format!(
        "{what} differs\nfresh: {}\nwarm: {}",
        shown(&fresh),
        shown(&warm)
    ))
}

/// A text without what is another in every process: addresses (`0x…`) and, in Node.js's warnings
/// (`(node:…)`), its id.
fn without_numbers(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = ["0x", "(node:"]
        .iter()
        .filter_map(|mark| Some(rest.find(mark)? + mark.len()))
        .min()
    {
        result.push_str(&rest[..at]);
        rest = rest[at..].trim_start_matches(|character: char| character.is_ascii_hexdigit());
    }
    result + rest
}

fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string().replace("\\n", "\n")
}

fn run(program: &Program, warm: bool) -> Result<Outcome, String> {
    clear(Path::new(WORK_DIR));
    clear(Path::new("/tmp"));
    let runtime = Runtime::read(Path::new(RUNTIME_FILE)).map_err(|error| error.to_string())?;
    let site = Site {
        dir: WORK_DIR.into(),
        user: Some(WORKLOAD_USER),
        runtime,
        build_timeout: PATIENCE,
        waiting_limit: PATIENCE,
        lock: "/run/lock".into(),
        make_tree: make_trees("/run".into(), 0),
    };
    let run = frame(program.request.to_string().as_bytes());
    let (outcome, interpreter) = match warm {
        false => (send_to(site, &run).outcome(), "fresh"),
        true => {
            let mut host = send_to(site, &frame(br#"{"type":"prepare"}"#));
            let prepared = host.message();
            if prepared != Some(json!({"type": "prepared", "interpreter": "waiting"})) {
                return Err(format!("no interpreter waits: {prepared:?}"));
            }
            host.tell(&program.request);
            (host.outcome(), "warm")
        }
    };
    match &outcome.started {
        Some(started) if started["interpreter"] == interpreter => Ok(outcome),
        started => Err(format!(
            "not {interpreter}: {:?}, {}",
            started.as_ref().unwrap_or(&Value::Null),
            outcome.response
        )),
    }
}

/// Removes all that is in a directory.
fn clear(directory: &Path) {
    for entry in fs::read_dir(directory).expect("directory") {
        let path = entry.expect("entry").path();
        match path.is_dir() && !path.is_symlink() {
            true => fs::remove_dir_all(path),
            false => fs::remove_file(path),
        }
        .expect("removed");
    }
}
