//! One connection is one operation: reads the request, does it, sends one final message.

use std::io;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::boot::boot_ms;
use crate::configure;
use crate::connection::{Connection, ReceiveError};
use crate::message::{DEPTH_LIMIT, Decoder, REQUEST_LIMIT, TYPED_LIMIT, encode, is_too_deep};
use crate::protocol::{
    ConfigureRequest, Final, Kind, PingResponse, Refusal, RunRequest, RunResponse, Stages,
};
use crate::report::{Typed, Untyped};
use crate::run::{prepare, run};
use crate::words::cut;
use crate::workload::Site;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// What operations know of their agent.
pub struct Agent {
    pub site: Site,
    pub stages: Stages,
}

/// Serves one connection until its end. Errors are the agent's own; a host that went away is none.
pub fn operate(connection: Connection, agent: &Agent) -> io::Result<()> {
    let mut decoder = Decoder::new(REQUEST_LIMIT);
    match connection.receive(&mut decoder, Some(Instant::now() + REQUEST_TIMEOUT)) {
        Ok(request) => dispatch(connection, decoder, agent, request),
        Err(ReceiveError::Closed) => Ok(()),
        Err(ReceiveError::Frame(error)) => refuse(connection, error.to_string()),
        Err(error) => Err(io::Error::other(error.to_string())),
    }
}

fn dispatch(
    connection: Connection,
    decoder: Decoder,
    agent: &Agent,
    request: Vec<u8>,
) -> io::Result<()> {
    let kind = match parse_kind(&request) {
        Ok(kind) => kind,
        Err(error) => return refuse(connection, error),
    };
    let site = &agent.site;
    match kind.as_deref() {
        None => run(
            connection,
            site,
            parse_run(request),
            &mut Untyped::default(),
        ),
        Some("run") => run(connection, site, parse_run(request), &mut Typed),
        Some("prepare") => prepare(connection, decoder, site, parse_prepared_run),
        Some("ping") => finish(connection, ping(agent)),
        Some("configure") => {
            let response = match parse::<ConfigureRequest>(&request) {
                Ok(request) => configure::configure(request),
                Err(error) => configure::refuse(error),
            };
            finish(connection, response)
        }
        Some(other) => refuse(connection, format!("unknown request type {:?}", cut(other))),
    }
}

fn parse_kind(request: &[u8]) -> Result<Option<String>, String> {
    match is_too_deep(request) {
        true => Err(format!("JSON nested deeper than {DEPTH_LIMIT}")),
        false => parse::<Kind>(request).map(|kind| kind.kind),
    }
}

/// The one request that may follow a preparation.
fn parse_prepared_run(request: Vec<u8>) -> Result<RunRequest, Refusal> {
    match parse_kind(&request).map_err(Refusal::invalid)?.as_deref() {
        Some("run") => parse_run(request),
        _ => Err(Refusal::invalid("what is prepared is a typed run")),
    }
}

fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, String> {
    serde_json::from_slice(json).map_err(|error| format!("request: {}", cut(&error.to_string())))
}

/// Takes the bytes, so that they are freed before the program runs.
fn parse_run(json: Vec<u8>) -> Result<RunRequest, Refusal> {
    parse(&json).map_err(Refusal::invalid)
}

/// How long the VM is up, and how it came there.
pub fn ping(agent: &Agent) -> PingResponse {
    PingResponse {
        version: env!("CARGO_PKG_VERSION"),
        uptime_ms: boot_ms(),
        stages: agent.stages,
    }
}

fn refuse(connection: Connection, error: String) -> io::Result<()> {
    finish(connection, RunResponse::from(Refusal::invalid(error)))
}

fn finish(connection: Connection, response: impl Serialize) -> io::Result<()> {
    connection.finish(&encode(&Final { response }, TYPED_LIMIT)?)
}
