//! Resource limits, named as in `ulimit` and setrlimit(2).

use rustix::process::{Resource, Rlimit, setrlimit};

use crate::failure::{Failure, While};

const NAMES: [(&str, Resource); 11] = [
    ("as", Resource::As),
    ("core", Resource::Core),
    ("cpu", Resource::Cpu),
    ("data", Resource::Data),
    ("fsize", Resource::Fsize),
    ("memlock", Resource::Memlock),
    ("msgqueue", Resource::Msgqueue),
    ("nofile", Resource::Nofile),
    ("nproc", Resource::Nproc),
    ("sigpending", Resource::Sigpending),
    ("stack", Resource::Stack),
];

pub struct Limit {
    name: &'static str,
    resource: Resource,
    value: Rlimit,
}

impl Limit {
    pub fn apply(&self) -> Result<(), Failure> {
        setrlimit(self.resource, self.value).while_doing(|| format!("rlimit {}", self.name))
    }
}

/// `NAME=SOFT[:HARD]`, each a number in the resource's own unit or `unlimited`; without HARD both are SOFT.
pub fn parse(text: &str) -> Result<Limit, Failure> {
    let refuse = |why: &str| Failure::usage(format!("--rlimit {text}: {why}"));
    let (name, values) = text
        .split_once('=')
        .ok_or_else(|| refuse("takes NAME=SOFT[:HARD]"))?;
    let (soft, hard) = values.split_once(':').unwrap_or((values, values));
    let (name, resource) = *NAMES
        .iter()
        .find(|(known, _)| *known == name)
        .ok_or_else(|| refuse("unknown resource"))?;
    let bound = |value: &str| match value {
        "unlimited" => Ok(None),
        number => number
            .parse()
            .map(Some)
            .map_err(|_| refuse("a limit is a number or unlimited")),
    };
    Ok(Limit {
        name,
        resource,
        value: Rlimit {
            current: bound(soft)?,
            maximum: bound(hard)?,
        },
    })
}
