//! From a request to a job: everything that can be refused before a process is made.

use std::collections::BTreeMap;
use std::path::{Component, Path};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::runtime::Runtime;
use crate::protocol::{Reason, Refusal, RunRequest};
use crate::words::cut;

const DEFAULT_TIMEOUT_S: f64 = 30.0;
/// More than a year is no timeout but a mistake, and clocks cannot add much more.
const TIMEOUT_LIMIT_S: f64 = 366.0 * 86_400.0;
const DEFAULT_OUTPUT_LIMIT_BYTES: u64 = 16 << 20;
const NAME_LIMIT_BYTES: usize = 255;
const PATH_LIMIT_BYTES: usize = 4096;
/// The kernel's limit for one argument or variable, its end included.
const WORD_LIMIT_BYTES: usize = 128 << 10;
/// Well under the quarter of the stack that the kernel leaves for all of them.
const WORDS_LIMIT_BYTES: usize = 1 << 20;
const BASE_ENV: [(&str, &str); 4] = [
    ("HOME", super::WORK_DIR),
    ("LANG", "C.UTF-8"),
    (
        "PATH",
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ),
    ("USER", "vulcan"),
];

/// Where the workload's files come from.
pub enum Source {
    /// One file with this text, at the entrypoint.
    Code(String),
    /// A tar archive, compressed with gzip.
    Archive(Vec<u8>),
}

/// A process to be started.
pub struct Invocation {
    /// The program, as an absolute path, and its arguments.
    pub argv: Vec<String>,
    pub env: BTreeMap<String, String>,
    /// What it reads from its standard input.
    pub input: Option<Vec<u8>>,
}

impl Invocation {
    /// A program of the image, of which no request says anything.
    pub fn of_image(argv: Vec<String>, runtime: &Runtime) -> Self {
        Self {
            argv,
            env: base_environment(runtime),
            input: None,
        }
    }
}

/// A run that can be started.
pub struct Job {
    pub source: Source,
    pub entrypoint: String,
    /// What makes the program, where it is not run as it is. The request's environment and input
    /// are for the program alone.
    pub build: Option<Invocation>,
    pub program: Invocation,
    pub timeout: Duration,
    /// For each of the two streams.
    pub output_limit_bytes: u64,
}

impl Job {
    /// Checks a request, or says what is wrong with it.
    pub fn new(request: RunRequest, runtime: &Runtime) -> Result<Self, Refusal> {
        check_runtime(request.runtime.as_deref().unwrap_or_default(), runtime)?;
        let entrypoint = request
            .entrypoint
            .filter(|path| !path.is_empty())
            .unwrap_or_else(|| runtime.default_entrypoint.clone());
        check_entrypoint(&entrypoint)
            .map_err(|why| Refusal::invalid(format!("entrypoint {:?}: {why}", cut(&entrypoint))))?;
        let build = runtime
            .build_argv(&entrypoint)
            .map(|argv| Invocation::of_image(argv, runtime));
        let input = request.input.filter(|input| !input.is_empty());
        let program = Invocation {
            argv: runtime.argv(&entrypoint, request.args.unwrap_or_default()),
            env: environment(runtime, request.env.unwrap_or_default())?,
            input: input.map(|input| decode("input", &input)).transpose()?,
        };
        check_size(&program)?;
        Ok(Self {
            source: source(request.code, request.code_archive)?,
            entrypoint,
            build,
            program,
            timeout: timeout(request.timeout_s)?,
            output_limit_bytes: request.output_limit.unwrap_or(DEFAULT_OUTPUT_LIMIT_BYTES),
        })
    }
}

fn check_runtime(name: &str, runtime: &Runtime) -> Result<(), Refusal> {
    match name == runtime.name {
        true => Ok(()),
        false => Err(Refusal {
            reason: Reason::UnsupportedRuntime,
            error: format!("unsupported runtime: {:?}", cut(name)),
        }),
    }
}

/// Checks that a path names a file below the working directory.
pub fn check_entrypoint(path: &str) -> Result<(), &'static str> {
    if path.len() > PATH_LIMIT_BYTES {
        return Err("the path is too long");
    }
    if path.contains('\0') {
        return Err("the path contains a NUL");
    }
    if path.ends_with('/') {
        return Err("the path names a directory");
    }
    let mut has_name = false;
    for component in Path::new(path).components() {
        match component {
            Component::Normal(name) if name.len() > NAME_LIMIT_BYTES => {
                return Err("a name in the path is too long");
            }
            Component::Normal(_) => has_name = true,
            Component::CurDir => {}
            _ => return Err("the path must be relative and without \"..\""),
        }
    }
    match has_name {
        true => Ok(()),
        false => Err("the path names no file"),
    }
}

fn source(code: Option<String>, archive: Option<String>) -> Result<Source, Refusal> {
    let archive = archive.filter(|archive| !archive.is_empty());
    match (code, archive) {
        (Some(code), Some(_)) if !code.is_empty() => {
            Err(Refusal::invalid("code and code_archive exclude each other"))
        }
        (_, Some(archive)) => Ok(Source::Archive(decode("code_archive", &archive)?)),
        (Some(code), None) => Ok(Source::Code(code)),
        (None, None) => Err(Refusal::invalid("code or code_archive is needed")),
    }
}

fn decode(field: &str, base64: &str) -> Result<Vec<u8>, Refusal> {
    STANDARD
        .decode(base64)
        .map_err(|error| Refusal::invalid(format!("{field}: {error}")))
}

fn environment(
    runtime: &Runtime,
    requested: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Refusal> {
    let is_name = |name: &str| !name.is_empty() && !name.contains(['=', '\0']);
    if let Some(name) = requested.keys().find(|name| !is_name(name)) {
        return Err(Refusal::invalid(format!(
            "env: {:?} is no name of a variable",
            cut(name)
        )));
    }
    let mut env = base_environment(runtime);
    env.extend(requested);
    Ok(env)
}

/// What programs find in their environment when the request sets nothing.
pub fn base_environment(runtime: &Runtime) -> BTreeMap<String, String> {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let mut env: BTreeMap<_, _> = BASE_ENV.into_iter().map(owned).collect();
    env.extend(runtime.env.clone());
    env
}

/// Refuses what the kernel would refuse with less to say.
fn check_size(Invocation { argv, env, .. }: &Invocation) -> Result<(), Refusal> {
    let mut total = 0;
    let variables = env
        .iter()
        .map(|(name, value)| (name.len() + 1 + value.len(), value));
    for (length, word) in argv.iter().map(|arg| (arg.len(), arg)).chain(variables) {
        if word.contains('\0') {
            return Err(Refusal::invalid("args and env must not contain a NUL"));
        }
        if length >= WORD_LIMIT_BYTES {
            return Err(Refusal::invalid(
                "args or env: one of them is longer than 128 KiB",
            ));
        }
        total += length + 1 + size_of::<usize>();
    }
    match total > WORDS_LIMIT_BYTES {
        true => Err(Refusal::invalid(
            "args and env together are longer than 1 MiB",
        )),
        false => Ok(()),
    }
}

fn timeout(seconds: Option<f64>) -> Result<Duration, Refusal> {
    let seconds = seconds.filter(|s| *s != 0.0).unwrap_or(DEFAULT_TIMEOUT_S);
    match seconds > 0.0 && seconds <= TIMEOUT_LIMIT_S {
        true => Ok(Duration::from_secs_f64(seconds)),
        false => Err(Refusal::invalid(format!(
            "timeout_s: {seconds} is out of range"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::check_entrypoint;

    #[test]
    fn paths_below_the_working_directory_are_entrypoints() {
        for path in ["main.py", "a/b/c.py", "./index.js", "-c", "ü.py", "..x"] {
            assert_eq!(check_entrypoint(path), Ok(()), "{path}");
        }
        assert_eq!(check_entrypoint(&"n".repeat(255)), Ok(()));
    }

    #[test]
    fn other_paths_are_no_entrypoints() {
        let too_long = "n".repeat(256);
        let too_deep = "n/".repeat(2048) + "n";
        for path in [
            "",
            ".",
            "/etc/passwd",
            "../x",
            "a/../../x",
            "a\0b",
            "a/",
            &too_long,
            &too_deep,
        ] {
            assert!(check_entrypoint(path).is_err(), "{path:?}");
        }
    }
}
