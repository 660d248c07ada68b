//! The shapes of the guest protocol, as they are on the wire.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::{Deserialize, Serialize, Serializer};

/// What every request may say of itself; without a type it is an untyped run.
#[derive(Deserialize)]
pub struct Kind {
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// A run, typed or not. Absent, null and (where there is a default) empty mean the same.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct RunRequest {
    pub runtime: Option<String>,
    pub code: Option<String>,
    pub code_archive: Option<String>,
    pub entrypoint: Option<String>,
    pub args: Option<Vec<String>>,
    pub input: Option<String>,
    pub env: Option<BTreeMap<String, String>>,
    pub timeout_s: Option<f64>,
    pub output_limit: Option<u64>,
}

/// What a VM is told after its start or after a restore. What is absent stays as it is, but for
/// the network: `address` or `mtu` make the one network device anew, with all that is given here
/// and nothing that it had before.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ConfigureRequest {
    /// Addresses with the lengths of their networks, of both families, such as `192.0.2.2/30`.
    pub address: Option<OneOrMany>,
    /// The default routes, at most one for each family. A gateway may be outside all networks of
    /// `address`, which then is taken to be on the link.
    pub gateway: Option<OneOrMany>,
    /// The name servers in `/etc/resolv.conf`.
    pub dns: Option<OneOrMany>,
    /// In bytes; at least 1280 with IPv6. Without it the device's own, which the VMM may give.
    pub mtu: Option<u32>,
    pub hostname: Option<String>,
    /// The time, in RFC 3339.
    pub clock: Option<String>,
    /// Random bytes in base64.
    pub entropy: Option<String>,
}

/// A list of texts; a single one may stand for itself.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a text or a list of texts")]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

/// Where output comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    Stdout,
    Stderr,
}

/// The agent's part of the outcome table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    Exited,
    Oom,
    Timeout,
    InvalidRequest,
    UnsupportedRuntime,
}

/// Which streams lost their end to the output limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Truncated {
    pub stdout: bool,
    pub stderr: bool,
}

/// How a run ended. A run that never started began and ended when it was refused.
#[derive(Debug, Serialize)]
pub struct RunResponse {
    pub exit_code: Option<i32>,
    pub error: String,
    pub reason: Reason,
    pub truncated: Truncated,
    #[serde(serialize_with = "rfc3339")]
    pub started_at: SystemTime,
    #[serde(serialize_with = "rfc3339")]
    pub ended_at: SystemTime,
}

fn rfc3339<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&humantime::format_rfc3339_millis(*time))
}

/// A request that is refused, in words for the user.
#[derive(Debug)]
pub struct Refusal {
    pub reason: Reason,
    pub error: String,
}

impl Refusal {
    pub fn invalid(error: impl Into<String>) -> Self {
        Self {
            reason: Reason::InvalidRequest,
            error: error.into(),
        }
    }
}

impl From<Refusal> for RunResponse {
    fn from(refusal: Refusal) -> Self {
        let now = SystemTime::now();
        Self {
            exit_code: None,
            error: refusal.error,
            reason: refusal.reason,
            truncated: Truncated::default(),
            started_at: now,
            ended_at: now,
        }
    }
}

/// The answer to `configure`; without an error everything in the request was done. An error with
/// a reason is the request's, which then changed nothing of the network; one without is of a step
/// that failed in the VM.
#[derive(Serialize)]
pub struct ConfigureResponse {
    pub error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// The answer to `ping`, and what the agent tells when it is ready.
#[derive(Serialize)]
pub struct PingResponse {
    pub version: &'static str,
    pub uptime_ms: u64,
    pub stages: Stages,
}

/// When each stage of the boot was reached, in milliseconds since the kernel started.
#[derive(Clone, Copy, Default, Serialize)]
pub struct Stages {
    /// The initrd's init has control. Absent in a VM that was started without an initrd.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init_ms: Option<u64>,
    /// The image's root is in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_ms: Option<u64>,
    /// The agent takes connections.
    pub listening_ms: u64,
}

/// What a `prepare` has come to. After it one typed `run` follows on the same connection, whenever
/// it likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Prepared {
    /// An interpreter is started and waits for its program.
    Waiting,
    /// The image has no interpreter that could wait, or it did not come up.
    None,
}

/// What a program runs in: an interpreter that waited for it, or a process of its own start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Interpreter {
    Warm,
    Fresh,
}

/// Why an interpreter that waited was of no use to its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Because {
    /// The request sets a variable that an interpreter reads at its start.
    Environment,
    /// It has waited too long.
    Age,
    /// It is gone, or has not only waited.
    Died,
}

/// What the agent sends before its final message, and when it is ready.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Event<'a> {
    Ready(PingResponse),
    Prepared {
        interpreter: Prepared,
    },
    Started {
        interpreter: Interpreter,
        #[serde(skip_serializing_if = "Option::is_none")]
        because: Option<Because>,
    },
    Output {
        stream: Stream,
        data: &'a str,
    },
    Log {
        line: &'a str,
        stream: Stream,
    },
}

/// The one message that ends an operation.
#[derive(Serialize)]
#[serde(tag = "type", rename = "result")]
pub struct Final<R: Serialize> {
    pub response: R,
}
