//! What a guest can do to its host, one manner a VM.

use std::fs::OpenOptions;
use std::io::{self, Write};

use vulcan_guest::boot;

use crate::wire::{
    Link, PORT, READY, RESULT, STARTED, accept, dial, frame, knock, listen, nested, output,
    take_request, take_run, write_for_ever,
};

pub type Manner = fn() -> io::Result<()>;

/// 4 GiB less one, the longest length there is.
const LONGEST: [u8; 4] = [0xff; 4];
const NONSENSE: &[u8] = b"GET / HTTP/1.1\r\nHost: host\r\n\r\n";
/// As deep as a message of 64 KiB can be.
const DEEP: usize = 30_000;
const DEEPEST: usize = 1_000_000;
const CROWD: u32 = 10_000;
/// Below the number of files that a process may open.
const CROWD_AT_ONCE: u32 = 500;
/// 24 KiB of zeros, which is 32 KiB in base64.
const CHUNK_BASE64_BYTES: usize = 32 << 10;

pub fn find(name: &str) -> Option<Manner> {
    Some(match name {
        "silent" => || Ok(()),
        "mute-readiness" => || dial(PORT)?.send(&[]),
        "nonsense-readiness" => || dial(PORT)?.send(NONSENSE),
        "huge-readiness" => || huge(dial(PORT)?),
        "deep-readiness" => || dial(PORT)?.send(&frame(&nested(DEEP))),
        "cut-readiness" => || dial(PORT)?.cut(READY),
        "deaf" => || dial(PORT)?.send(&frame(READY)),
        "crowd" => crowd,
        "nonsense" => || take_request()?.send(NONSENSE),
        "huge" => || huge(take_request()?),
        "deep" => deep,
        "proto" => proto,
        "cut" => || take_request()?.cut(RESULT),
        "unending-output" => || take_request()?.send_for_ever(&output(&zeros())),
        "tiny-output" => || after_start(&output("eA==")),
        "empty-output" => || after_start(&output("")),
        "unending-starts" => || after_start(&frame(STARTED)),
        "unending-after-result" => after_result,
        "unending-console" => console,
        "never-reads" => || take_run()?.send(&[]),
        "restart" => restart,
        _ => return None,
    })
}

/// Announces 4 GiB and sends as much as is taken.
fn huge(mut link: Link) -> io::Result<()> {
    link.write_all(&LONGEST)?;
    link.send_for_ever(b" ")
}

/// Ten thousand connections to the agent's port of the host and its neighbours, while the host waits
/// for the readiness of the first one. Then a good agent, whose program writes `x` if the host takes
/// another connection while it runs.
fn crowd() -> io::Result<()> {
    let first = dial(PORT)?;
    for _ in 0..CROWD / CROWD_AT_ONCE {
        let knocks = (0..CROWD_AT_ONCE).map(|number| knock(PORT + number % 3));
        drop(knocks.collect::<io::Result<Vec<_>>>()?);
    }
    let listener = listen()?;
    first.send(&frame(READY))?;
    let mut run = accept(&listener)?;
    run.write_all(&frame(STARTED))?;
    if let Ok(forged) = dial(PORT) {
        forged.send(&frame(READY))?;
        run.write_all(&output("eA=="))?;
    }
    run.send(&frame(RESULT))
}

/// Depth that fits, where the host looks for nothing, and then depth that does not fit.
fn deep() -> io::Result<()> {
    let mut run = take_request()?;
    let value = nested(DEEP);
    run.write_all(&frame(&format!(r#"{{"type":"started","more":{value}}}"#)))?;
    run.send(&frame(&nested(DEEPEST)))
}

/// A result that would be one by inheritance.
fn proto() -> io::Result<()> {
    let mut run = take_request()?;
    run.write_all(&frame(
        r#"{"type":"started","__proto__":{"polluted":true}}"#,
    ))?;
    run.send(&frame(&format!(r#"{{"__proto__":{RESULT}}}"#)))
}

fn after_start(message: &[u8]) -> io::Result<()> {
    let mut run = take_request()?;
    run.write_all(&frame(STARTED))?;
    run.send_for_ever(message)
}

fn after_result() -> io::Result<()> {
    let mut run = take_request()?;
    run.write_all(&frame(RESULT))?;
    run.send_for_ever(&output(&zeros()))
}

fn zeros() -> String {
    "A".repeat(CHUNK_BASE64_BYTES)
}

/// Noise on the console, with control sequences that would clear a terminal.
fn console() -> io::Result<()> {
    take_request()?.send(&frame(STARTED))?;
    let console = OpenOptions::new().write(true).open("/dev/console")?;
    write_for_ever(console, b"\x1b[2Jnoise\r\n")
}

/// The machine ends in the middle of a run.
fn restart() -> io::Result<()> {
    let _run = take_request()?;
    boot::restart()
}
