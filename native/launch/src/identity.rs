//! User, group and supplementary groups of the program.

use rustix::fs::{Gid, Uid};
use rustix::process::{getegid, geteuid, getgid, getuid};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

use crate::failure::{Failure, While};

pub struct Identity {
    pub uid: u32,
    pub gid: u32,
    pub groups: Vec<u32>,
}

impl Identity {
    /// Only root can become somebody else. Asked before anything is made.
    pub fn check_allowed(&self) -> Result<(), Failure> {
        if geteuid().is_root() {
            return Ok(());
        }
        let own = (
            getuid().as_raw(),
            geteuid().as_raw(),
            getgid().as_raw(),
            getegid().as_raw(),
        );
        if own == (self.uid, self.uid, self.gid, self.gid) && self.groups.is_empty() {
            return Ok(());
        }
        Err(Failure::launch(
            "identity",
            format!(
                "only root can become uid {} and gid {} or set groups; this is uid {}",
                self.uid, self.gid, own.1
            ),
        ))
    }

    /// Sets real, effective and saved ids and exactly the given groups, in the one order that works: the user last,
    /// for it takes the privilege to change the others with it. The process has one thread, so the thread's
    /// credentials are the process's. Without root they are what was asked for already.
    pub fn assume(&self) -> Result<(), Failure> {
        if !geteuid().is_root() {
            return Ok(());
        }
        let gid = Gid::from_raw(self.gid);
        let groups: Vec<Gid> = self.groups.iter().copied().map(Gid::from_raw).collect();
        set_thread_res_gid(gid, gid, gid).while_doing(|| format!("gid {}", self.gid))?;
        set_thread_groups(&groups).while_doing(|| "supplementary groups")?;
        let uid = Uid::from_raw(self.uid);
        set_thread_res_uid(uid, uid, uid).while_doing(|| format!("uid {}", self.uid))
    }
}
