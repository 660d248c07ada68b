//! Stage 2's first process: brings the system up, starts the agent and then only waits.

use rustix::process::{WaitOptions, wait};
use rustix::system::{RebootCommand, reboot};

use crate::boot::{self, Failure, KernelArgs};
use crate::{fork, log, serve};

/// Serves until the agent ends, then restarts. Returns only if the system did not come up.
pub fn first_process() -> Failure {
    match bring_up() {
        Ok(port) => start(port),
        Err(failure) => failure,
    }
}

fn bring_up() -> Result<u32, Failure> {
    boot::bring_up()?;
    Ok(KernelArgs::read()?.port)
}

fn start(port: u32) -> ! {
    restart_on_ctrl_alt_del();
    let stages = boot::stages_so_far();
    let agent = fork::fork(|| {
        let error = serve::serve(port, stages);
        log::write(format_args!("serving port {port}: {error}"));
        1
    });
    match agent {
        Ok(agent) => reap(&agent),
        Err(error) => boot::give_up(&format_args!("starting the agent: {error}")),
    }
}

fn reap(agent: &fork::Child) -> ! {
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == agent.pid => {
                boot::give_up(&format_args!("the agent ended: {status:?}"));
            }
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => boot::give_up(&format_args!("waiting for the agent: {error}")),
        }
    }
}

/// The kernel sends SIGINT for the key chord that a VMM can press.
fn restart_on_ctrl_alt_del() {
    extern "C" fn restart(_signal: libc::c_int) {
        // In a signal handler only system calls are allowed; this one ends the VM.
        let _ = reboot(RebootCommand::Restart);
    }
    let handler: extern "C" fn(libc::c_int) = restart;
    // SAFETY: the handler makes one system call and touches no memory of the program.
    unsafe { libc::signal(libc::SIGINT, handler as libc::sighandler_t) };
    if let Err(error) = reboot(RebootCommand::CadOff) {
        log::write(format_args!("ctrl-alt-del: {error}"));
    }
}
