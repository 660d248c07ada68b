//! The entry point. It goes around the standard library's own start, which ends the process when
//! the kernel could not open a console and `/dev` is still empty.
#![no_main]

use std::ffi::{CStr, c_char, c_int};

use vulcan_guest::{boot, log, reaper};

/// Runs the stage that the process's id and name ask for.
///
/// # Safety
/// Called once, by the C library, with the argument vector that the kernel made.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn main(argc: c_int, argv: *const *const c_char) -> c_int {
    let name = if argc > 0 {
        // SAFETY: with an argument count above zero the first pointer is a string of the kernel's.
        unsafe { CStr::from_ptr(*argv) }
    } else {
        c""
    };
    if !rustix::process::getpid().is_init() {
        log::write("this is the first process of a Vulcan VM; it does nothing elsewhere");
        return 64;
    }
    let failure = if name == c"/init" {
        boot::initrd()
    } else {
        reaper::first_process()
    };
    boot::give_up(&failure)
}
