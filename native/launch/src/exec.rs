//! Prepares this process, one irreversible step after the other, and becomes the program.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Pid;

use crate::failure::{EXIT_NOT_EXECUTABLE, EXIT_NOT_FOUND, Failure, While};
use crate::identity::Identity;
use crate::mounts::Root;
use crate::namespaces::{self, Network};
use crate::parent::Parent;
use crate::record;
use crate::rlimits::Limit;
use crate::tap::{OwnedTap, Tap};

#[derive(Default)]
pub struct Plan {
    pub record: Option<PathBuf>,
    pub cgroups: Vec<PathBuf>,
    pub taps: Vec<Tap>,
    pub owned_taps: Vec<OwnedTap>,
    pub network: Network,
    pub root: Option<Root>,
    pub identity: Option<Identity>,
    pub rlimits: Vec<Limit>,
    pub parent: Option<Parent>,
    pub program: OsString,
    pub args: Vec<OsString>,
}

/// Returns only when something failed.
pub fn become_program(plan: &Plan, parent_at_start: Option<Pid>) -> Failure {
    match prepare(plan, parent_at_start) {
        Ok(()) => execute(plan),
        Err(failure) => failure,
    }
}

/// The order matters: the record comes first, because what is not written down leaks; cgroups, TAPs and
/// namespaces need the privileges that the identity gives up, and TAPs are where the caller is; and the parent-death signal comes last, because a change of identity
/// clears it.
fn prepare(plan: &Plan, parent_at_start: Option<Pid>) -> Result<(), Failure> {
    if let Some(identity) = &plan.identity {
        identity.check_allowed()?;
    }
    if let Some(file) = &plan.record {
        record::write_own(file)?;
    }
    for cgroup in &plan.cgroups {
        enter_cgroup(cgroup)?;
    }
    for tap in &plan.taps {
        tap.open()?;
    }
    namespaces::enter(&plan.network, plan.root.is_some())?;
    for tap in &plan.owned_taps {
        tap.give()?;
    }
    if let Some(root) = &plan.root {
        root.enter()?;
    }
    for limit in &plan.rlimits {
        limit.apply()?;
    }
    if let Some(identity) = &plan.identity {
        identity.assume()?;
    }
    rustix::thread::set_no_new_privs(true).while_doing(|| "no_new_privs")?;
    if let Some(parent) = &plan.parent {
        parent.die_with(parent_at_start)?;
    }
    Ok(())
}

/// Works for both versions of cgroups: 0 stands for the process that writes.
fn enter_cgroup(dir: &Path) -> Result<(), Failure> {
    let procs = dir.join("cgroup.procs");
    std::fs::OpenOptions::new()
        .write(true)
        .open(&procs)
        .and_then(|mut file| io::Write::write_all(&mut file, b"0"))
        .while_doing(|| format!("cgroup {}", procs.display()))
}

fn execute(plan: &Plan) -> Failure {
    let error = Command::new(&plan.program).args(&plan.args).exec();
    let exit_code = match error.kind() {
        io::ErrorKind::NotFound => EXIT_NOT_FOUND,
        _ => EXIT_NOT_EXECUTABLE,
    };
    Failure::new(exit_code, plan.program.display().to_string(), error)
}
