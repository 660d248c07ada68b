//! What a running system needs beside its root: the rest of the mounts, kernel settings, names.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::io::Errno;
use rustix::ioctl::{Opcode, Setter, ioctl};
use rustix::mount::{MountFlags, mount};
use rustix::net::{AddressFamily, SocketType, socket};

use super::devices;
use crate::step::{During, Failure};
use crate::workload::{WORK_DIR, WORKLOAD_USER};

/// Where the workload's control group is made.
pub const WORKLOAD_GROUPS: &str = "/sys/fs/cgroup";

/// Settings that keep a workload from the kernel's log, its addresses and its rarer doors.
const SETTINGS: [(&str, &str); 7] = [
    ("kernel/dmesg_restrict", "1"),
    ("kernel/kptr_restrict", "2"),
    ("kernel/perf_event_paranoid", "3"),
    ("kernel/unprivileged_bpf_disabled", "1"),
    ("kernel/sysrq", "0"),
    ("kernel/modules_disabled", "1"),
    ("user/max_user_namespaces", "0"),
];

/// Makes the system ready for an agent. What only makes it safer or more comfortable is logged
/// when the kernel lacks it; what the agent cannot do without is a failure.
pub fn bring_up() -> Result<(), Failure> {
    devices::open_console();
    mount_rest()?;
    devices::close_to_users(Path::new("/dev")).during("closing /dev to users")?;
    devices::make_links().during("making links in /dev")?;
    for (name, value) in SETTINGS {
        match fs::write(Path::new("/proc/sys").join(name), value) {
            // What a kernel was built without needs no limit, such as modules.
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                crate::log::write(format_args!("setting {name}: {error}"));
            }
            _ => {}
        }
    }
    rustix::system::sethostname(b"vulcan").during("setting the host name")?;
    if let Err(error) = loopback_up() {
        crate::log::write(format_args!("loopback: {error}"));
    }
    fs::set_permissions("/tmp", fs::Permissions::from_mode(0o1777)).during("opening /tmp")?;
    std::os::unix::fs::chown(WORK_DIR, Some(WORKLOAD_USER.uid), Some(WORKLOAD_USER.gid))
        .during(format!("giving {WORK_DIR} to the workload"))
}

/// `/tmp` is not among them: it stays on the scratch drive, where there is more room than memory.
fn mount_rest() -> Result<(), Failure> {
    let guarded = MountFlags::NOSUID | MountFlags::NODEV;
    let unexecutable = guarded | MountFlags::NOEXEC;
    for dir in ["/dev/pts", "/dev/shm"] {
        fs::create_dir_all(dir).during(format!("making {dir}"))?;
    }
    let pts = c"mode=0620,gid=5,ptmxmode=0666";
    let flags = MountFlags::NOSUID | MountFlags::NOEXEC;
    mount("devpts", "/dev/pts", "devpts", flags, pts).during("mounting /dev/pts")?;
    mount("tmpfs", "/dev/shm", "tmpfs", guarded, c"mode=1777").during("mounting /dev/shm")?;
    mount("tmpfs", "/run", "tmpfs", guarded, c"mode=0755").during("mounting /run")?;
    // Without favordynmods a process waits tens of milliseconds to enter a group.
    let groups = |options| mount("cgroup2", WORKLOAD_GROUPS, "cgroup2", unexecutable, options);
    match groups(Some(c"favordynmods")) {
        Err(Errno::INVAL) => groups(None),
        other => other,
    }
    .during("mounting the control groups")?;
    let control = Path::new(WORKLOAD_GROUPS).join("cgroup.subtree_control");
    fs::write(control, "+cpu +memory +pids").during("enabling controllers")
}

fn loopback_up() -> io::Result<()> {
    /// SIOCSIFFLAGS, which the C libraries type differently.
    const SET_FLAGS: Opcode = 0x8914;
    let socket = socket(AddressFamily::INET, SocketType::DGRAM, None)?;
    // SAFETY: all fields of the request may be zero.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(*b"lo") {
        *to = from.cast_signed();
    }
    let flags = libc::IFF_UP | libc::IFF_RUNNING;
    request.ifr_ifru.ifru_flags = i16::try_from(flags).map_err(io::Error::other)?;
    // SAFETY: the opcode reads an `ifreq`.
    let request = unsafe { Setter::<SET_FLAGS, libc::ifreq>::new(request) };
    // SAFETY: it is a request of sockets.
    unsafe { ioctl(&socket, request) }.map_err(io::Error::from)
}
