//! From the kernel's hands to a serving agent. Stage 1 is `/init` of the initrd, stage 2 the
//! program that `init=` names, inside the image's root.

mod devices;
mod kernel_args;
mod modules;
mod root;
mod stages;
mod system;
mod timer;

use std::fmt;
use std::os::unix::process::CommandExt;
use std::process::Command;

pub use kernel_args::KernelArgs;
pub use stages::boot_ms;
pub use system::{WORKLOAD_GROUPS, bring_up};

use crate::network;
use crate::protocol::Stages;
use crate::step::During;
pub use crate::step::Failure;

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
    let args = KernelArgs::read()?;
    if let Some(khz) = args.timer_khz
        && !timer::keeps_time(khz).during("reading what the kernel's timer is")?
    {
        crate::log::write("the kernel measured its timer wrong on a busy machine: starting again");
        start_again();
    }
    modules::load("order")?;
    if network::is_present().during("looking for a network device")? {
        modules::load("order-network")?;
    }
    devices::wait_for(&["vda", "vdb"])?;
    root::mount_overlay()?;
    let next = args.init;
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

/// Powers off, by which a VMM that gave `vulcan.timer_khz=` starts the VM again.
fn start_again() -> ! {
    // Leaving after a failed power off makes the kernel panic, and panic=1 restarts.
    let error = rustix::system::reboot(rustix::system::RebootCommand::PowerOff);
    crate::log::write(format_args!("power off: {error:?}"));
    std::process::abort()
}

/// Ends the VM: VMMs leave on a restart, but not all on power off.
pub fn restart() -> ! {
    // Leaving after a failed restart makes the kernel panic, and panic=1 restarts.
    let error = rustix::system::reboot(rustix::system::RebootCommand::Restart);
    crate::log::write(format_args!("restart: {error:?}"));
    std::process::abort()
}
