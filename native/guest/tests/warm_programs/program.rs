//! A program of the corpus: a file, whose first line may say how it is run.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::archive;

/// What the first line may say, as JSON in a comment.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Header {
    args: Vec<String>,
    env: BTreeMap<String, String>,
    input: Option<String>,
    input_base64: Option<String>,
    entrypoint: Option<String>,
    /// What lies beside the program.
    files: BTreeMap<String, String>,
    /// The entrypoint is one of the files: this one is there for its first line alone.
    bare: bool,
    /// Of what differs: never the same twice.
    varies: bool,
}

/// A program and its request.
#[derive(Clone)]
pub struct Program {
    /// Its place below `tests/warm`.
    pub name: String,
    /// Whether it shows what differs.
    pub differs: bool,
    pub varies: bool,
    pub request: Value,
}

/// Where the corpus and the list of it are.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All programs for a runtime, in the order of their names.
pub fn programs(runtime: &str) -> io::Result<Vec<Program>> {
    let mut found = Vec::new();
    for kind in ["corpus", "differs"] {
        let directory = repository().join("tests/warm").join(kind).join(runtime);
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            let name = format!("{kind}/{runtime}/{file}");
            found.push(program(name, runtime, &fs::read_to_string(&path)?)?);
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

fn program(name: String, runtime: &str, code: &str) -> io::Result<Program> {
    let first = code.lines().next().unwrap_or_default();
    let header: Header = match first.trim_start_matches(['#', '/', ' ']) {
        json if json.starts_with('{') && json != first => serde_json::from_str(json)?,
        _ => Header::default(),
    };
    let extension = name.rsplit('.').next().unwrap_or_default();
    let entrypoint = header
        .entrypoint
        .clone()
        .unwrap_or_else(|| format!("main.{extension}"));
    let input = header.input.as_ref().map(|text| STANDARD.encode(text));
    let mut request = json!({
        "type": "run",
        "runtime": runtime,
        "entrypoint": entrypoint,
        "args": header.args,
        "env": header.env,
        "input": input.or_else(|| header.input_base64.clone()),
        "timeout_s": 60,
    });
    if header.files.is_empty() {
        request["code"] = code.into();
    } else {
        let mut files = header.files.clone();
        if !header.bare {
            files.insert(entrypoint, code.to_owned());
        }
        request["code_archive"] = STANDARD
            .encode(archive(
                files
                    .iter()
                    .map(|(path, text)| (path.as_str(), text.as_str())),
            ))
            .into();
    }
    Ok(Program {
        differs: name.starts_with("differs/"),
        varies: header.varies,
        name,
        request,
    })
}
