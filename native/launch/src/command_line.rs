//! The command line, parsed into plans that need no further checking of their form.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use lexopt::prelude::*;
use rustix::process::Signal;

use crate::exec::Plan;
use crate::failure::Failure;
use crate::identity::Identity;
use crate::kill::Order;
use crate::mounts::{Access, Bind, Root};
use crate::namespaces::Network;
use crate::parent::Parent;
use crate::rlimits;
use crate::tap::{OwnedTap, Tap};

pub const USAGE: &str = "\
vulcan-launch exec [--record FILE] [--cgroup DIR]... [--new-netns | --netns PATH]
                   [--tap NAME:FD]... [--tap-owner NAME:UID]...
                   [--root DIR --bind SRC:DST[:rw|:dev]...]
                   [--uid N --gid N [--group N]...] [--rlimit NAME=SOFT[:HARD]]...
                   [--die-with-parent[=PID]] -- PROGRAM ARG...
vulcan-launch hold FILE
vulcan-launch kill FILE [--signal NAME|N] [--wait-ms N]
vulcan-launch tsc
";

const DEFAULT_WAIT_MS: u64 = 5_000;

pub enum Command {
    Exec(Box<Plan>),
    Hold(PathBuf),
    Kill(Order),
    Tsc,
    Help,
    Version,
}

pub fn parse(mut parser: lexopt::Parser) -> Result<Command, Failure> {
    match parser.next().map_err(Failure::usage)? {
        Some(Value(name)) => match name.to_str() {
            Some("exec") => parse_exec(&mut parser).map(|plan| Command::Exec(Box::new(plan))),
            Some("hold") => parse_hold(&mut parser).map(Command::Hold),
            Some("kill") => parse_kill(&mut parser).map(Command::Kill),
            Some("tsc") => parse_nothing_more(&mut parser).map(|()| Command::Tsc),
            _ => Err(Failure::usage(format!(
                "unknown command {}",
                name.display()
            ))),
        },
        Some(Long("help") | Short('h')) => Ok(Command::Help),
        Some(Long("version") | Short('V')) => Ok(Command::Version),
        Some(other) => Err(Failure::usage(other.unexpected())),
        None => Err(Failure::usage("a command is missing")),
    }
}

fn parse_exec(parser: &mut lexopt::Parser) -> Result<Plan, Failure> {
    let mut plan = Plan::default();
    let (mut root_dir, mut binds) = (None, Vec::new());
    let (mut uid, mut gid, mut groups) = (None, None, Vec::new());
    let program = loop {
        match parser.next().map_err(Failure::usage)? {
            Some(Long("record")) => plan.record = Some(path_value(parser)?),
            Some(Long("cgroup")) => plan.cgroups.push(path_value(parser)?),
            Some(Long("new-netns")) => set_network(&mut plan, Network::New)?,
            Some(Long("netns")) => {
                let path = path_value(parser)?;
                set_network(&mut plan, Network::Join(path))?;
            }
            Some(Long("tap")) => plan.taps.push(parse_tap(&text_value(parser)?)?),
            Some(Long("tap-owner")) => {
                plan.owned_taps.push(parse_tap_owner(&text_value(parser)?)?);
            }
            Some(Long("root")) => root_dir = Some(path_value(parser)?),
            Some(Long("bind")) => binds.push(parse_bind(&value(parser)?)?),
            Some(Long("uid")) => uid = Some(number(parser, "--uid")?),
            Some(Long("gid")) => gid = Some(number(parser, "--gid")?),
            Some(Long("group")) => groups.push(number(parser, "--group")?),
            Some(Long("rlimit")) => plan.rlimits.push(rlimits::parse(&text_value(parser)?)?),
            Some(Long("die-with-parent")) => plan.parent = Some(parse_parent(parser)?),
            Some(Value(program)) => break program,
            Some(other) => return Err(Failure::usage(other.unexpected())),
            None => return Err(Failure::usage("exec needs a program")),
        }
    };
    plan.program = program;
    plan.args = parser.raw_args().map_err(Failure::usage)?.collect();
    plan.root = match (root_dir, binds.is_empty()) {
        (Some(dir), _) => Some(Root { dir, binds }),
        (None, true) => None,
        (None, false) => return Err(Failure::usage("--bind needs --root")),
    };
    plan.identity = match (uid, gid) {
        (Some(uid), Some(gid)) => Some(Identity { uid, gid, groups }),
        (None, None) if groups.is_empty() => None,
        _ => {
            return Err(Failure::usage(
                "--uid and --gid go together, and --group needs them",
            ));
        }
    };
    Ok(plan)
}

fn set_network(plan: &mut Plan, network: Network) -> Result<(), Failure> {
    if !matches!(plan.network, Network::Inherited) {
        return Err(Failure::usage(
            "only one of --new-netns and --netns, and only once",
        ));
    }
    plan.network = network;
    Ok(())
}

/// `NAME:FD`, of which no name of a device contains the colon.
fn parse_tap(text: &str) -> Result<Tap, Failure> {
    let refuse = || Failure::usage(format!("--tap {text}: takes NAME:FD, FD from 3"));
    let (name, fd) = text.split_once(':').ok_or_else(refuse)?;
    let fd = fd.parse().map_err(|_| refuse())?;
    if name.is_empty() || name.len() >= libc::IFNAMSIZ || fd <= libc::STDERR_FILENO {
        return Err(refuse());
    }
    Ok(Tap {
        name: name.to_owned(),
        fd,
    })
}

/// `NAME:UID`, of a device in the program's namespace.
fn parse_tap_owner(text: &str) -> Result<OwnedTap, Failure> {
    let refuse = || Failure::usage(format!("--tap-owner {text}: takes NAME:UID"));
    let (name, uid) = text.split_once(':').ok_or_else(refuse)?;
    let uid = uid.parse().map_err(|_| refuse())?;
    if name.is_empty() || name.len() >= libc::IFNAMSIZ {
        return Err(refuse());
    }
    Ok(OwnedTap {
        name: name.to_owned(),
        uid,
    })
}

/// `SRC:DST[:rw|:dev]`; neither path can contain a colon, and DST is absolute and plain.
fn parse_bind(text: &OsStr) -> Result<Bind, Failure> {
    let refuse = |why: &str| Failure::usage(format!("--bind {}: {why}", text.display()));
    let parts: Vec<&[u8]> = text.as_bytes().split(|&byte| byte == b':').collect();
    let (source, target, access) = match parts.as_slice() {
        [source, target] => (source, target, Access::ReadOnly),
        [source, target, b"rw"] => (source, target, Access::Writable),
        [source, target, b"dev"] => (source, target, Access::Device),
        _ => return Err(refuse("takes SRC:DST, SRC:DST:rw or SRC:DST:dev")),
    };
    let target = Path::new(OsStr::from_bytes(target));
    let plain = target
        .components()
        .skip(1)
        .all(|part| matches!(part, std::path::Component::Normal(_)));
    if source.is_empty() || !target.is_absolute() || !plain || target.parent().is_none() {
        return Err(refuse("DST is an absolute path without .. below the root"));
    }
    Ok(Bind {
        source: Path::new(OsStr::from_bytes(source)).to_owned(),
        target: target.to_owned(),
        access,
    })
}

fn parse_parent(parser: &mut lexopt::Parser) -> Result<Parent, Failure> {
    match parser.optional_value() {
        None => Ok(Parent::AtStart),
        Some(pid) => match pid
            .parse::<i32>()
            .ok()
            .and_then(rustix::process::Pid::from_raw)
        {
            Some(pid) if pid.as_raw_pid() > 0 => Ok(Parent::Expected(pid)),
            _ => Err(Failure::usage(format!(
                "--die-with-parent: {} is no pid",
                pid.display()
            ))),
        },
    }
}

fn parse_hold(parser: &mut lexopt::Parser) -> Result<PathBuf, Failure> {
    let file = path_value(parser)?;
    parse_nothing_more(parser)?;
    Ok(file)
}

fn parse_kill(parser: &mut lexopt::Parser) -> Result<Order, Failure> {
    let mut file = None;
    let (mut signal, mut wait_ms) = (Some(Signal::KILL), DEFAULT_WAIT_MS);
    while let Some(argument) = parser.next().map_err(Failure::usage)? {
        match argument {
            Long("signal") => signal = parse_signal(&text_value(parser)?)?,
            Long("wait-ms") => wait_ms = number(parser, "--wait-ms")?,
            Value(path) if file.is_none() => file = Some(PathBuf::from(path)),
            other => return Err(Failure::usage(other.unexpected())),
        }
    }
    let record = file.ok_or_else(|| Failure::usage("kill needs a record"))?;
    Ok(Order {
        record,
        signal,
        wait_ms,
    })
}

/// A name with or without `SIG`, or a number; 0 sends nothing and only looks.
fn parse_signal(text: &str) -> Result<Option<Signal>, Failure> {
    const NAMES: [(&str, Signal); 8] = [
        ("HUP", Signal::HUP),
        ("INT", Signal::INT),
        ("QUIT", Signal::QUIT),
        ("KILL", Signal::KILL),
        ("TERM", Signal::TERM),
        ("STOP", Signal::STOP),
        ("CONT", Signal::CONT),
        ("USR1", Signal::USR1),
    ];
    let refuse = || Failure::usage(format!("--signal: {text} is unknown"));
    if let Ok(number) = text.parse::<i32>() {
        return if number == 0 {
            Ok(None)
        } else {
            Signal::from_named_raw(number).map(Some).ok_or_else(refuse)
        };
    }
    let name = text.strip_prefix("SIG").unwrap_or(text);
    NAMES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, signal)| Some(*signal))
        .ok_or_else(refuse)
}

fn parse_nothing_more(parser: &mut lexopt::Parser) -> Result<(), Failure> {
    match parser.next().map_err(Failure::usage)? {
        None => Ok(()),
        Some(argument) => Err(Failure::usage(argument.unexpected())),
    }
}

fn value(parser: &mut lexopt::Parser) -> Result<OsString, Failure> {
    parser.value().map_err(Failure::usage)
}

fn path_value(parser: &mut lexopt::Parser) -> Result<PathBuf, Failure> {
    value(parser).map(PathBuf::from)
}

fn text_value(parser: &mut lexopt::Parser) -> Result<String, Failure> {
    value(parser)?.string().map_err(Failure::usage)
}

fn number<T: std::str::FromStr>(parser: &mut lexopt::Parser, option: &str) -> Result<T, Failure> {
    let text = text_value(parser)?;
    text.parse()
        .map_err(|_| Failure::usage(format!("{option}: {text} is not a number in range")))
}
