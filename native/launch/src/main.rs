//! `vulcan-launch`: what Node.js cannot do between fork and exec, and three small helpers around it.
//!
//! `exec` prepares the calling process (record, cgroups, namespaces, limits, identity, parent-death signal) and then
//! becomes the program; `hold` keeps a lock for as long as its owner lives; `kill` ends a recorded process and never
//! another one that inherited its pid; `tsc` measures the time stamp counter.

mod command_line;
mod exec;
mod failure;
mod hold;
mod identity;
mod kill;
mod mounts;
mod namespaces;
mod parent;
mod record;
mod rlimits;
mod tap;
mod tsc;

use std::process::ExitCode;

use command_line::Command;
use failure::Failure;

fn main() -> ExitCode {
    let parent_at_start = rustix::process::getppid();
    match run(parent_at_start) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("vulcan-launch: {failure}");
            ExitCode::from(failure.exit_code)
        }
    }
}

fn run(parent_at_start: Option<rustix::process::Pid>) -> Result<ExitCode, Failure> {
    match command_line::parse(lexopt::Parser::from_env())? {
        Command::Exec(plan) => Err(exec::become_program(&plan, parent_at_start)),
        Command::Hold(file) => hold::hold_until_stdin_closes(&file).map(|()| ExitCode::SUCCESS),
        Command::Kill(order) => kill::kill_recorded(&order),
        Command::Tsc => tsc::print_frequency().map(|()| ExitCode::SUCCESS),
        Command::Help => {
            print!("{}", command_line::USAGE);
            Ok(ExitCode::SUCCESS)
        }
        Command::Version => {
            println!("vulcan-launch {}", env!("CARGO_PKG_VERSION"));
            Ok(ExitCode::SUCCESS)
        }
    }
}
