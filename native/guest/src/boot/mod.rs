//! From the kernel's hands to a serving agent. Stage 1 is `/init` of the initrd, stage 2 the
//! program that `init=` names, inside the image's root.

mod devices;
mod kernel_args;
mod modules;
mod root;
mod stages;
mod system;

use std::fmt;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

pub use kernel_args::KernelArgs;
pub use stages::boot_ms;
pub use system::{WORKLOAD_GROUPS, bring_up};

use crate::protocol::Stages;

/// A step of the boot that failed; a VM cannot go on after it.
#[derive(Debug)]
pub struct Failure {
    step: String,
    cause: io::Error,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.step, self.cause)
    }
}

/// Names the step that a result belongs to.
trait During<T> {
    fn during(self, step: impl Into<String>) -> Result<T, Failure>;
}

impl<T, E: Into<io::Error>> During<T> for Result<T, E> {
    fn during(self, step: impl Into<String>) -> Result<T, Failure> {
        self.map_err(|error| Failure {
            step: step.into(),
            cause: error.into(),
        })
    }
}

/// Stage 1: from the initrd to the image's root. Returns only if that failed.
pub fn initrd() -> Failure {
    let mut stages = Stages {
        init_ms: Some(boot_ms()),
        ..Stages::default()
    };
    match switch_to_image(&mut stages) {
        Ok(never) => match never {},
        Err(failure) => failure,
    }
}

fn switch_to_image(stages: &mut Stages) -> Result<std::convert::Infallible, Failure> {
    root::mount_kernel_file_systems()?;
    devices::open_console();
    modules::load("/modules")?;
    devices::wait_for(&["vda", "vdb"])?;
    root::mount_overlay()?;
    let next = KernelArgs::read()?.init;
    root::switch(&next)?;
    stages.root_ms = Some(boot_ms());
    let error = Command::new(&next).envs(stages::to_env(stages)).exec();
    Err(error).during(format!("executing {}", next.display()))
}

/// The stages that stage 1 left in the environment.
pub fn stages_so_far() -> Stages {
    stages::from_env()
}

/// Says what failed and restarts, which is how a VM ends.
pub fn give_up(failure: &dyn fmt::Display) -> ! {
    crate::log::write(failure);
    restart()
}

/// Ends the VM: VMMs leave on a restart, but not all on power off.
pub fn restart() -> ! {
    // Leaving after a failed restart makes the kernel panic, and panic=1 restarts.
    let error = rustix::system::reboot(rustix::system::RebootCommand::Restart);
    crate::log::write(format_args!("restart: {error:?}"));
    std::process::abort()
}
