//! Runtimes are data: an image says how its programs are run.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::Deserialize;

use crate::tail::Tail;

/// Where an image says it.
pub const RUNTIME_FILE: &str = "/usr/local/lib/vulcan/runtime.json";

/// The language of an image, and how an entrypoint becomes a running program.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runtime {
    pub name: String,
    pub default_entrypoint: String,
    /// Makes the program that `command` names, given the entrypoint as its last argument.
    #[serde(default)]
    pub build: Option<Vec<String>>,
    /// The program and its arguments, which the entrypoint follows unless it was built.
    pub command: Vec<String>,
    /// Environment that a request may override.
    pub env: BTreeMap<String, String>,
    /// An interpreter that can be started before there is a program.
    #[serde(default)]
    pub warm: Option<Warm>,
    /// What makes the first run quicker, and leaves nothing that a program could see.
    #[serde(default)]
    pub prepare: Option<Vec<String>>,
    /// A program, all of it, that is run to its end before a request comes.
    #[serde(default)]
    pub rehearsal: Option<String>,
    /// What to say of a program, or its build, that failed.
    #[serde(default)]
    pub hints: Vec<Hint>,
}

/// An interpreter that waits for its program.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warm {
    /// Started as [`super::waiting`] says.
    pub command: Vec<String>,
    /// Names of variables that an interpreter reads at its start, and so before the request is
    /// there; one that ends with `*` stands for all that begin like it.
    pub fresh_variables: Vec<String>,
}

impl Warm {
    /// Whether an interpreter that was started with `base` cannot run a program with `env`.
    pub fn needs_other_start(
        &self,
        base: &BTreeMap<String, String>,
        env: &BTreeMap<String, String>,
    ) -> bool {
        env.iter()
            .any(|(name, value)| base.get(name) != Some(value) && self.is_read_at_start(name))
    }

    fn is_read_at_start(&self, name: &str) -> bool {
        let fits = |pattern: &String| match pattern.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => name == pattern,
        };
        self.fresh_variables.iter().any(fits)
    }
}

/// A sentence for who ran a program that failed with some text near the end of its stderr.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hint {
    /// Any of these; one that begins with a line feed must begin a line.
    pub texts: Vec<String>,
    pub words: String,
}

impl Runtime {
    /// Reads the description that an image holds.
    pub fn read(path: &Path) -> io::Result<Self> {
        let in_file = |error: &dyn std::fmt::Display| {
            io::Error::other(format!("the image's {}: {error}", path.display()))
        };
        let json = std::fs::read(path).map_err(|error| in_file(&error))?;
        serde_json::from_slice(&json).map_err(|error| in_file(&error))
    }

    /// The command that builds this entrypoint, which is relative to the working directory.
    pub fn build_argv(&self, entrypoint: &str) -> Option<Vec<String>> {
        let mut argv = self.build.clone()?;
        argv.push(as_argument(entrypoint));
        Some(argv)
    }

    /// What is to be said beside the words that a failed program, or its build, had itself.
    pub fn hint(&self, stderr: &Tail) -> Option<&str> {
        let fits = |hint: &&Hint| hint.texts.iter().any(|text| stderr.contains(text));
        self.hints.iter().find(fits).map(|hint| hint.words.as_str())
    }

    /// The command that runs this entrypoint.
    pub fn argv(&self, entrypoint: &str, args: Vec<String>) -> Vec<String> {
        let mut argv = self.command.clone();
        if self.build.is_none() {
            argv.push(as_argument(entrypoint));
        }
        argv.extend(args);
        argv
    }
}

/// An entrypoint must not be taken for an option.
fn as_argument(entrypoint: &str) -> String {
    match entrypoint.starts_with('-') {
        true => format!("./{entrypoint}"),
        false => entrypoint.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Runtime, String> {
        let file = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
        std::fs::write(file.path(), json).map_err(|error| error.to_string())?;
        Runtime::read(file.path()).map_err(|error| error.to_string())
    }

    #[test]
    fn an_image_says_how_its_programs_are_run() {
        let runtime = read(
            r#"{"name": "x", "default_entrypoint": "m.x", "command": ["/x", "-u"], "env": {"A": "b"}}"#,
        );
        let runtime = runtime.expect("runtime");
        assert_eq!(runtime.build_argv("m.x"), None);
        let args = vec!["one".to_owned()];
        assert_eq!(runtime.argv("-m.x", args), ["/x", "-u", "./-m.x", "one"]);
        assert_eq!(runtime.env["A"], "b");
    }

    #[test]
    fn only_variables_that_are_read_at_the_start_and_differ_need_another_one() {
        let warm: Warm =
            serde_json::from_str(r#"{"command": ["/x"], "fresh_variables": ["X_*", "TZ"]}"#)
                .expect("warm");
        let map = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
        let base = map("X_BASE", "1");
        for (name, value, needs) in [
            ("X_BASE", "1", false),
            ("X_BASE", "", true),
            ("X_", "", true),
            ("TZ", "UTC", true),
            ("TZX", "UTC", false),
            ("AX_", "", false),
        ] {
            let env = map(name, value);
            assert_eq!(warm.needs_other_start(&base, &env), needs, "{name}={value}");
        }
    }

    #[test]
    fn the_first_hint_that_fits_the_end_of_stderr_is_given() {
        let runtime = read(
            r#"{"name": "x", "default_entrypoint": "m.x", "command": ["/x"], "env": {}, "hints": [
                {"texts": ["\nNoModule: ", "no import"], "words": "first"},
                {"texts": ["import"], "words": "second"}
            ]}"#,
        );
        let runtime = runtime.expect("runtime");
        for (stderr, hint) in [
            ("NoModule: x", Some("first")),
            ("Traceback\nNoModule: x\n", Some("first")),
            ("says NoModule: x", None),
            ("a: no import of x", Some("first")),
            ("an import", Some("second")),
            ("", None),
        ] {
            let mut tail = Tail::default();
            tail.push(stderr.as_bytes());
            assert_eq!(runtime.hint(&tail), hint, "{stderr:?}");
        }
    }

    #[test]
    fn what_is_no_description_is_refused_with_the_file_and_the_reason() {
        for (json, why) in [
            ("", "EOF"),
            ("{}", "missing field"),
            (
                r#"{"name": "", "default_entrypoint": "", "command": [], "env": {}, "limit": 1}"#,
                "unknown field `limit`",
            ),
        ] {
            let words = read(json).expect_err(json);
            assert!(words.starts_with("the image's /"), "{words}");
            assert!(words.contains(why), "{words}");
        }
        let missing = Runtime::read(Path::new("/nonexistent/runtime.json"));
        let words = missing.expect_err("missing").to_string();
        assert!(
            words.contains("/nonexistent/runtime.json: No such file"),
            "{words}"
        );
    }
}
