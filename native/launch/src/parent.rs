//! The parent-death signal: the program does not outlive the process that started it.

use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};

use crate::failure::{Failure, While};

/// Whose death ends the program.
pub enum Parent {
    /// Whoever was the parent when this process started.
    AtStart,
    /// This process; also notices a parent that died between fork and exec, before this program could look.
    Expected(Pid),
}

impl Parent {
    /// The signal is asked for first and the parent looked at afterwards, so that there is no moment in which its
    /// death goes unnoticed.
    pub fn die_with(&self, parent_at_start: Option<Pid>) -> Result<(), Failure> {
        let expected = match self {
            Self::AtStart => parent_at_start,
            Self::Expected(pid) => Some(*pid),
        };
        set_parent_process_death_signal(Some(Signal::KILL))
            .while_doing(|| "parent-death signal")?;
        if getppid() == expected {
            Ok(())
        } else {
            Err(Failure::launch(
                "parent",
                "it died before the program could be executed",
            ))
        }
    }
}
