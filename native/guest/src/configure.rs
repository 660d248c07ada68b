//! `configure`: what a VM learns from its host after a start or a restore.

use std::fs::File;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustix::ioctl::{NoArg, Opcode, Setter, ioctl, opcode};
use rustix::time::{ClockId, Timespec, clock_settime};

use crate::fork::Failure;
use crate::network;
use crate::protocol::{ConfigureRequest, ConfigureResponse, Reason};

const ENTROPY_LIMIT_BYTES: usize = 512;
const ADD_ENTROPY: Opcode = opcode::write::<[i32; 2]>(b'R', 3);
const RESEED: Opcode = opcode::none(b'R', 7);

/// The kernel's `rand_pool_info`.
#[repr(C)]
struct PoolInfo {
    entropy_bits: i32,
    buffer_bytes: i32,
    buffer: [u8; ENTROPY_LIMIT_BYTES],
}

/// Does what the request asks for, up to the first part that fails.
pub fn configure(request: ConfigureRequest) -> ConfigureResponse {
    match apply(request) {
        Ok(()) => ConfigureResponse {
            error: String::new(),
            reason: None,
        },
        Err(Failure::Request(error)) => refuse(error),
        Err(Failure::Agent(error)) => ConfigureResponse {
            error,
            reason: None,
        },
    }
}

/// The answer to a request that cannot be carried out.
pub fn refuse(error: String) -> ConfigureResponse {
    ConfigureResponse {
        error,
        reason: Some(Reason::InvalidRequest),
    }
}

fn apply(request: ConfigureRequest) -> Result<(), Failure> {
    let network = network::Settings::check(&request).map_err(Failure::Request)?;
    let refuse = |field: &'static str| move |error| Failure::Request(format!("{field}: {error}"));
    if let Some(clock) = request.clock {
        set_clock(&clock).map_err(refuse("clock"))?;
    }
    if let Some(hostname) = request.hostname {
        rustix::system::sethostname(hostname.as_bytes())
            .map_err(|error| refuse("hostname")(error.to_string()))?;
    }
    if let Some(entropy) = request.entropy {
        add_entropy(&entropy).map_err(refuse("entropy"))?;
    }
    network::configure_device(&network)
        .map_err(|failure| Failure::Agent(format!("network: {failure}")))
}

fn set_clock(text: &str) -> Result<(), String> {
    let time: SystemTime =
        humantime::parse_rfc3339(text).map_err(|_| "not a time in RFC 3339".to_owned())?;
    let since_epoch = time
        .duration_since(UNIX_EPOCH)
        .map_err(|error| error.to_string())?;
    let time = Timespec::try_from(since_epoch).map_err(|error| error.to_string())?;
    clock_settime(ClockId::Realtime, time).map_err(|error| error.to_string())
}

/// Adds random bytes to the kernel's pool and makes its generator take them at once.
fn add_entropy(base64: &str) -> Result<(), String> {
    let bytes = STANDARD.decode(base64).map_err(|error| error.to_string())?;
    if bytes.is_empty() || bytes.len() > ENTROPY_LIMIT_BYTES {
        return Err(format!("from 1 to {ENTROPY_LIMIT_BYTES} bytes are taken"));
    }
    let count = i32::try_from(bytes.len()).map_err(|error| error.to_string())?;
    let mut pool = PoolInfo {
        entropy_bits: count * 8,
        buffer_bytes: count,
        buffer: [0; ENTROPY_LIMIT_BYTES],
    };
    pool.buffer[..bytes.len()].copy_from_slice(&bytes);
    let random = File::open("/dev/random").map_err(|error| error.to_string())?;
    // SAFETY: the opcode reads a `PoolInfo`.
    let add = unsafe { Setter::<ADD_ENTROPY, PoolInfo>::new(pool) };
    // SAFETY: the opcode has no argument.
    let reseed = unsafe { NoArg::<RESEED>::new() };
    // SAFETY: both are requests of the device that `random` is.
    unsafe { ioctl(&random, add).and_then(|()| ioctl(&random, reseed)) }
        .map_err(|error| error.to_string())
}
