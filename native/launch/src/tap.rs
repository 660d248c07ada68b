//! TAP devices for a program that could not open them itself: as another user, and where it runs.

use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::FdFlags;
use rustix::ioctl::{IntegerSetter, Opcode, Setter, ioctl, opcode};
use rustix::net::netdevice::name_to_index;
use rustix::net::{AddressFamily, SocketType, socket};

use crate::failure::{Failure, While};

const TUN: &str = "/dev/net/tun";
const TUNSETIFF: Opcode = opcode::write::<libc::c_int>(b'T', 202);
const TUNSETOWNER: Opcode = opcode::write::<libc::c_int>(b'T', 204);
/// Whole Ethernet frames, with the header that lets a VMM pass checksums and segments on.
const FLAGS: libc::c_int = libc::IFF_TAP | libc::IFF_NO_PI | libc::IFF_VNET_HDR;

pub struct Tap {
    pub name: String,
    /// The descriptor on which the program finds it.
    pub fd: RawFd,
}

impl Tap {
    /// Opens the device in the caller's network namespace. The descriptor stays what it is in another one.
    pub fn open(&self) -> Result<(), Failure> {
        let tap = open(&self.name)?;
        give(tap, self.fd).while_doing(|| format!("TAP {}", self.name))
    }
}

/// A TAP of the program's own namespace, which it opens itself.
pub struct OwnedTap {
    pub name: String,
    pub uid: u32,
}

impl OwnedTap {
    /// Lets the user open the device, which some kernels (Debian's 6.12) refuse where it has no owner.
    pub fn give(&self) -> Result<(), Failure> {
        let tap = open(&self.name)?;
        let owner = usize::try_from(self.uid).map_err(Failure::usage)?;
        // SAFETY: the opcode takes a number, and is one of this device's.
        unsafe { ioctl(&tap, IntegerSetter::<TUNSETOWNER>::new_usize(owner)) }
            .while_doing(|| format!("owner of TAP {}", self.name))
    }
}

/// The device must exist: one that is missing would be made by this where the caller is root, with nothing behind it.
fn open(name: &str) -> Result<OwnedFd, Failure> {
    let what = || format!("TAP {name}");
    let request = request(name).while_doing(what)?;
    let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let tun = rustix::fs::open(TUN, flags, Mode::empty()).while_doing(|| TUN)?;
    // SAFETY: the opcode reads an `ifreq`, and is one of this device's.
    unsafe { ioctl(&tun, Setter::<TUNSETIFF, libc::ifreq>::new(request)) }.while_doing(what)?;
    Ok(tun)
}

fn request(name: &str) -> rustix::io::Result<libc::ifreq> {
    name_to_index(socket(AddressFamily::UNIX, SocketType::DGRAM, None)?, name)?;
    // SAFETY: all fields of the request may be zero.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *to = from.cast_signed();
    }
    request.ifr_ifru.ifru_flags =
        libc::c_short::try_from(FLAGS).map_err(|_| rustix::io::Errno::INVAL)?;
    Ok(request)
}

/// Makes `file` the descriptor `number` of the program.
fn give(file: OwnedFd, number: RawFd) -> rustix::io::Result<()> {
    if file.as_raw_fd() == number {
        rustix::io::fcntl_setfd(&file, FdFlags::empty())?;
        let _ = file.into_raw_fd();
        return Ok(());
    }
    // SAFETY: nothing in this process uses the number, and nothing is closed by it but what dup2 replaces.
    let mut target = unsafe { OwnedFd::from_raw_fd(number) };
    let given = rustix::io::dup2(&file, &mut target);
    let _ = target.into_raw_fd();
    given
}
