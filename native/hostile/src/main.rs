//! `vulcan-hostile`: a guest that has been taken over, for tests of the host. It boots as the agent
//! does and then behaves in the manner that the file `/manner` of its initrd names.
#![no_main]

mod manners;
mod wire;

use std::ffi::{CStr, c_char, c_int};
use std::time::Duration;

use vulcan_guest::{boot, log};

/// Carries the manner across the switch to the image's root.
const MANNER: &str = "VULCAN_HOSTILE_MANNER";

/// Boots as `/init`; misbehaves as the program that follows it.
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
    if name == c"/init" {
        let manner = std::fs::read_to_string("/manner").unwrap_or_default();
        // SAFETY: this process has one thread.
        unsafe { std::env::set_var(MANNER, manner.trim()) };
        boot::give_up(&boot::initrd());
    }
    misbehave(&std::env::var(MANNER).unwrap_or_default())
}

/// The console shows that the manner was reached. Afterwards the VM stays, and is silent.
fn misbehave(name: &str) -> ! {
    log::write(format_args!("hostile: {name}"));
    let ended = match manners::find(name) {
        Some(manner) => manner(),
        None => Err(std::io::Error::other("there is no such manner")),
    };
    if let Err(error) = ended {
        log::write(format_args!("hostile: {name}: {error}"));
    }
    loop {
        std::thread::sleep(Duration::MAX);
    }
}
