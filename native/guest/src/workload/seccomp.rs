//! The system calls that a workload is refused. Everything else is allowed: programs must run,
//! and the VM is the wall; this keeps them from the agent's socket and the kernel's rarer parts.

use std::collections::BTreeMap;

use seccompiler::SeccompCmpArgLen::{Dword, Qword};
use seccompiler::SeccompCmpOp::{Eq, MaskedEq, Ne};
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCondition, SeccompFilter, SeccompRule,
    sock_filter,
};

const REFUSED: &[libc::c_long] = &[
    libc::SYS_acct,
    libc::SYS_add_key,
    libc::SYS_adjtimex,
    libc::SYS_bpf,
    libc::SYS_clock_adjtime,
    libc::SYS_clock_settime,
    libc::SYS_delete_module,
    libc::SYS_finit_module,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fsopen,
    libc::SYS_fspick,
    libc::SYS_init_module,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_io_uring_setup,
    libc::SYS_kexec_file_load,
    libc::SYS_kexec_load,
    libc::SYS_keyctl,
    libc::SYS_mount,
    libc::SYS_mount_setattr,
    libc::SYS_move_mount,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_open_tree,
    libc::SYS_perf_event_open,
    libc::SYS_pivot_root,
    libc::SYS_quotactl,
    libc::SYS_reboot,
    libc::SYS_request_key,
    libc::SYS_setdomainname,
    libc::SYS_sethostname,
    libc::SYS_setns,
    libc::SYS_settimeofday,
    libc::SYS_swapoff,
    libc::SYS_swapon,
    libc::SYS_syslog,
    libc::SYS_umount2,
    libc::SYS_userfaultfd,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
];

/// For clone and unshare. CLONE_NEWTIME is unshare's alone: in clone its bit is of a signal.
const NAMESPACE_FLAGS: [libc::c_int; 7] = [
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWUTS,
];
const CLONE_NEWTIME: u64 = 0x80;
/// What debuggers and sanitizers set.
const ADDR_NO_RANDOMIZE: u64 = 0x0004_0000;
/// Asks for the personality without setting one.
const PERSONALITY_QUERY: u64 = 0xffff_ffff;

/// Compiles the filter for this architecture.
pub fn filter() -> Result<BpfProgram, BackendError> {
    let mut rules: BTreeMap<_, _> = REFUSED.iter().map(|call| (*call, vec![])).collect();
    let vsock = u64::from(libc::AF_VSOCK.unsigned_abs());
    rules.insert(libc::SYS_socket, vec![rule(&[(0, Dword, Eq, vsock)])?]);
    let personality = [0, ADDR_NO_RANDOMIZE, PERSONALITY_QUERY].map(|p| (0, Dword, Ne, p));
    rules.insert(libc::SYS_personality, vec![rule(&personality)?]);
    let mut namespaces = Vec::new();
    for flag in NAMESPACE_FLAGS {
        let flag = u64::from(flag.unsigned_abs());
        namespaces.push(rule(&[(0, Qword, MaskedEq(flag), flag)])?);
    }
    rules.insert(libc::SYS_clone, namespaces.clone());
    namespaces.push(rule(&[(0, Qword, MaskedEq(CLONE_NEWTIME), CLONE_NEWTIME)])?);
    rules.insert(libc::SYS_unshare, namespaces);

    let refuse = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let arch = std::env::consts::ARCH.try_into()?;
    let refusals: BpfProgram =
        SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch)?.try_into()?;
    Ok(missing_calls().into_iter().chain(refusals).collect())
}

type Condition = (
    u8,
    seccompiler::SeccompCmpArgLen,
    seccompiler::SeccompCmpOp,
    u64,
);

fn rule(conditions: &[Condition]) -> Result<SeccompRule, BackendError> {
    let conditions = conditions.iter().cloned();
    SeccompRule::new(
        conditions
            .map(|(index, length, op, value)| SeccompCondition::new(index, length, op, value))
            .collect::<Result<_, _>>()?,
    )
}

/// A prologue that makes calls look as if the kernel did not have them: clone3, whose flags no
/// filter can see (programs then use clone), and calls by other conventions than the machine's
/// own, where the numbers mean something else.
fn missing_calls() -> Vec<sock_filter> {
    const ARCH_OFFSET: u32 = 4;
    const NUMBER_OFFSET: u32 = 0;
    #[cfg(target_arch = "x86_64")]
    const ARCH: u32 = 0xc000_003e;
    #[cfg(target_arch = "aarch64")]
    const ARCH: u32 = 0xc000_00b7;
    /// Set in the numbers of x32; no number of another convention is as high.
    const FOREIGN_BIT: u32 = 0x4000_0000;

    let instruction = |code: u32, jt: u8, jf: u8, k: u32| sock_filter {
        code: u16::try_from(code).unwrap_or_default(),
        jt,
        jf,
        k,
    };
    let load = |offset| instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, offset);
    let jump = |test, k, jt, jf| instruction(libc::BPF_JMP | test | libc::BPF_K, jt, jf, k);
    let clone3 = u32::try_from(libc::SYS_clone3).unwrap_or(u32::MAX);
    let missing = libc::SECCOMP_RET_ERRNO | libc::ENOSYS.unsigned_abs();
    vec![
        load(ARCH_OFFSET),
        jump(libc::BPF_JEQ, ARCH, 0, 3),
        load(NUMBER_OFFSET),
        jump(libc::BPF_JGE, FOREIGN_BIT, 1, 0),
        jump(libc::BPF_JEQ, clone3, 0, 1),
        instruction(libc::BPF_RET | libc::BPF_K, 0, 0, missing),
    ]
}
