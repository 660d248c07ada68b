//! What the filter refuses, tried in children that have it.

use std::io::Error;
use std::process::Command;

use rustix::thread::set_no_new_privs;
use vulcan_guest::fork::fork;
use vulcan_guest::workload::seccomp::filter;

/// The exit code of `body` under the filter.
fn filtered(body: impl FnOnce() -> i32) -> Option<i32> {
    let filter = filter().expect("filter");
    let child = fork(|| {
        set_no_new_privs(true).expect("no new privileges");
        seccompiler::apply_filter(&filter).expect("filter applied");
        body()
    })
    .expect("fork");
    child.wait().expect("wait").exit_status()
}

/// The error of a system call that must fail; 0 if it does not.
fn error_of(number: libc::c_long, args: [libc::c_long; 3]) -> i32 {
    // SAFETY: the calls of these tests are given no memory of this process.
    match unsafe { libc::syscall(number, args[0], args[1], args[2]) } {
        -1 => Error::last_os_error().raw_os_error().unwrap_or(0),
        _ => 0,
    }
}

#[test]
fn vsock_is_refused_and_other_sockets_are_not() {
    let socket = |family: libc::c_int| {
        filtered(|| {
            error_of(
                libc::SYS_socket,
                [family.into(), libc::SOCK_STREAM.into(), 0],
            )
        })
    };
    assert_eq!(socket(libc::AF_VSOCK), Some(libc::EPERM));
    assert_eq!(socket(libc::AF_UNIX), Some(0));
}

#[test]
fn the_upper_half_of_the_family_hides_nothing() {
    let family = libc::c_long::from(libc::AF_VSOCK) | 1 << 32;
    let stream = libc::SOCK_STREAM.into();
    let error = filtered(|| error_of(libc::SYS_socket, [family, stream, 0]));
    assert_eq!(error, Some(libc::EPERM));
}

#[test]
fn namespaces_are_refused_in_unshare_and_clone() {
    for flag in [
        libc::CLONE_NEWUSER,
        libc::CLONE_NEWNS,
        libc::CLONE_NEWNET,
        libc::CLONE_NEWPID,
    ] {
        for call in [libc::SYS_unshare, libc::SYS_clone] {
            let error = filtered(|| error_of(call, [libc::c_long::from(flag), 0, 0]));
            assert_eq!(error, Some(libc::EPERM));
        }
    }
    assert_eq!(
        filtered(|| error_of(libc::SYS_unshare, [libc::CLONE_FILES.into(), 0, 0])),
        Some(0)
    );
}

#[test]
fn the_kernels_rarer_parts_are_refused() {
    for call in [
        libc::SYS_mount,
        libc::SYS_umount2,
        libc::SYS_bpf,
        libc::SYS_keyctl,
        libc::SYS_setns,
        libc::SYS_io_uring_setup,
        libc::SYS_perf_event_open,
        libc::SYS_userfaultfd,
        libc::SYS_reboot,
        libc::SYS_open_by_handle_at,
    ] {
        assert_eq!(
            filtered(|| error_of(call, [0; 3])),
            Some(libc::EPERM),
            "call {call}"
        );
    }
}

#[test]
fn clone3_looks_missing_so_that_programs_use_clone() {
    assert_eq!(
        filtered(|| error_of(libc::SYS_clone3, [0; 3])),
        Some(libc::ENOSYS)
    );
}

#[test]
#[cfg(target_arch = "x86_64")]
fn calls_by_the_numbers_of_x32_look_missing() {
    let number = 0x4000_0000 | libc::SYS_getpid;
    assert_eq!(filtered(|| error_of(number, [0; 3])), Some(libc::ENOSYS));
}

#[test]
#[cfg(target_arch = "x86_64")]
fn calls_by_the_convention_of_i386_look_missing() {
    // 20 is getpid there, and writev here.
    let error = filtered(|| {
        let result: i32;
        // SAFETY: without pointers the call touches no memory.
        unsafe { std::arch::asm!("int 0x80", inlateout("eax") 20 => result) };
        -result
    });
    assert_eq!(error, Some(libc::ENOSYS));
}

#[test]
fn only_harmless_personalities_are_allowed() {
    let personality = |p| filtered(|| error_of(libc::SYS_personality, [p, 0, 0]));
    assert_eq!(personality(0xffff_ffff), Some(0));
    assert_eq!(personality(libc::ADDR_NO_RANDOMIZE.into()), Some(0));
    assert_eq!(
        personality(libc::READ_IMPLIES_EXEC.into()),
        Some(libc::EPERM)
    );
}

#[test]
fn programs_run_under_the_filter() {
    let code = filtered(|| {
        let status = Command::new("/bin/sh")
            .args(["-c", "ls / | wc -l"])
            .output();
        status
            .ok()
            .and_then(|output| output.status.code())
            .unwrap_or(-1)
    });
    assert_eq!(code, Some(0));
}
