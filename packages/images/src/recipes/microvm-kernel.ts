/** Options of Linux that belong together. `NAME` is switched on; `NAME=value` is set to that value. */
interface OptionGroup {
  readonly why: string
  readonly options: readonly string[]
}

/**
 * Everything that a microVM needs of Linux, over `allnoconfig`: what is not named here, and not
 * needed by what is, is not built. Nothing is a module, so a guest loads none.
 *
 * The list began with the guest configuration that Firecracker tests with (its
 * resources/guest_configs), of which it leaves out what no guest of ours uses.
 */
const GROUPS: readonly OptionGroup[] = [
  {
    why: 'a 64-bit machine with several processors; a workload may ask for 32',
    options: ['64BIT', 'SMP', 'NR_CPUS=32', 'X86_X2APIC', 'EXPERT', 'CC_OPTIMIZE_FOR_PERFORMANCE'],
  },
  {
    why: 'KVM, whose clock and wake-ups need no emulated device; PVH is how QEMU starts an ELF kernel',
    options: ['HYPERVISOR_GUEST', 'PARAVIRT', 'PARAVIRT_SPINLOCKS', 'KVM_GUEST', 'PVH'],
  },
  {
    // Without PCI the interpreter of ACPI gives up: it wants a handler for PCI's configuration space.
    why: 'both VMMs describe the machine in ACPI tables; older Firecrackers on the command line',
    options: ['ACPI', 'PCI', 'VIRTIO_MENU', 'VIRTIO_MMIO', 'VIRTIO_MMIO_CMDLINE_DEVICES'],
  },
  {
    why: 'the console, where the agent and a dying kernel speak, and restart after a panic',
    options: [
      ...['TTY', 'SERIAL_8250', 'SERIAL_8250_CONSOLE', 'PRINTK', 'BUG', 'KALLSYMS'],
      // Of the ports that the driver would look for, the first is the one there is.
      ...['SERIAL_8250_NR_UARTS=1', 'SERIAL_8250_RUNTIME_UARTS=1', 'LOG_BUF_SHIFT=15'],
    ],
  },
  {
    why: 'drives: the image and the scratch drive, ext4 under an overlay',
    options: [
      ...['BLOCK', 'BLK_DEV', 'VIRTIO_BLK', 'EXT4_FS', 'EXT4_USE_FOR_EXT2', 'OVERLAY_FS'],
      // Partitions are looked for on every drive, and none has any.
      ...['PARTITION_ADVANCED'],
    ],
  },
  {
    why: 'the initrd, which is not compressed, and what it and the image mount',
    options: ['BLK_DEV_INITRD', 'DEVTMPFS', 'PROC_FS', 'PROC_SYSCTL', 'SYSFS', 'SHMEM', 'TMPFS'],
  },
  {
    why: 'vsock, the way to the host',
    options: ['NET', 'VSOCKETS', 'VIRTIO_VSOCKETS'],
  },
  {
    why: "networks, and a program's own loopback",
    options: ['INET', 'IPV6', 'UNIX', 'NETDEVICES', 'NET_CORE', 'VIRTIO_NET'],
  },
  {
    why: "randomness: the processor's and the VMM's, and new seeds for copies of a VM",
    options: ['HW_RANDOM', 'HW_RANDOM_VIRTIO', 'VIRT_DRIVERS', 'VMGENID'],
  },
  {
    why: "time: the TSC and the processor's own timer, and ticks only for a processor that works",
    options: ['HIGH_RES_TIMERS', 'NO_HZ_IDLE', 'HZ_100', 'POSIX_TIMERS', 'PREEMPT_NONE'],
  },
  {
    why: 'what programs call, and language runtimes expect of any Linux',
    options: [
      ...['BINFMT_ELF', 'BINFMT_SCRIPT', 'MULTIUSER', 'FUTEX', 'EPOLL', 'SIGNALFD', 'TIMERFD'],
      ...['EVENTFD', 'AIO', 'ADVISE_SYSCALLS', 'MEMBARRIER', 'RSEQ', 'FILE_LOCKING', 'FHANDLE'],
      ...['INOTIFY_USER', 'SYSVIPC', 'POSIX_MQUEUE', 'CROSS_MEMORY_ATTACH', 'UNIX98_PTYS'],
      ...['TMPFS_XATTR', 'TMPFS_POSIX_ACL', 'EXT4_FS_POSIX_ACL', 'PROC_PAGE_MONITOR', 'KCMP'],
      // Language runtimes ask for large pages where they pay.
      ...['TRANSPARENT_HUGEPAGE', 'TRANSPARENT_HUGEPAGE_MADVISE'],
    ],
  },
  {
    why: "the workload's cgroup: its memory, its processes, its share of the processors, its end",
    options: ['CGROUPS', 'MEMCG', 'CGROUP_PIDS', 'CGROUP_SCHED', 'FAIR_GROUP_SCHED'],
  },
  {
    why: "the agent's filter of system calls",
    options: ['SECCOMP', 'SECCOMP_FILTER'],
  },
  {
    why: 'what keeps a program from becoming its kernel, as in the kernels of distributions',
    options: [
      ...['STACKPROTECTOR', 'STACKPROTECTOR_STRONG', 'VMAP_STACK', 'FORTIFY_SOURCE'],
      ...['HARDENED_USERCOPY', 'INIT_ON_ALLOC_DEFAULT_ON', 'SLAB_FREELIST_HARDENED'],
      ...['SLAB_FREELIST_RANDOM', 'RANDOMIZE_KSTACK_OFFSET', 'RANDOMIZE_KSTACK_OFFSET_DEFAULT'],
      ...['LEGACY_VSYSCALL_NONE', 'X86_UMIP', 'STRICT_KERNEL_RWX'],
    ],
  },
  {
    why: "processors' faults, for those VMMs that run on such a processor",
    options: [
      ...['CPU_MITIGATIONS', 'MITIGATION_PAGE_TABLE_ISOLATION', 'MITIGATION_RETPOLINE'],
      ...['MITIGATION_RETHUNK', 'MITIGATION_UNRET_ENTRY', 'MITIGATION_IBPB_ENTRY'],
      ...['MITIGATION_IBRS_ENTRY', 'MITIGATION_SRSO', 'MITIGATION_GDS', 'MITIGATION_RFDS'],
      ...['MITIGATION_SPECTRE_BHI', 'MITIGATION_MDS', 'MITIGATION_TAA'],
      ...['MITIGATION_MMIO_STALE_DATA', 'MITIGATION_L1TF', 'MITIGATION_RETBLEED'],
      ...['MITIGATION_SPECTRE_V1', 'MITIGATION_SPECTRE_V2', 'MITIGATION_SRBDS'],
      ...['MITIGATION_SSB', 'MITIGATION_ITS', 'MITIGATION_TSA'],
    ],
  },
  {
    why: 'speed: branches that are patched in, and no waiting for devices of the eighties; traces of the stack come without tables of their own',
    options: ['JUMP_LABEL', 'SLUB_CPU_PARTIAL', 'IO_DELAY_NONE', 'UNWINDER_GUESS'],
  },
]

/**
 * A kernel of our own, from Debian's source. It boots wherever Debian's does, and its initrd holds
 * nothing but the agent.
 */
export const microvmKernelRecipe = {
  /** Raised when the code that builds changes what comes out. */
  revision: 1,
  suite: 'trixie',
  package: 'linux-source-6.12',
  localVersion: '-vulcan',
  groups: GROUPS,
} as const

/** The lines of a configuration that ask for all of it. */
export function microvmKernelFragment(): string {
  const groups = GROUPS.map(({ why, options }) => {
    const lines = options.map((option) => `CONFIG_${option.includes('=') ? option : `${option}=y`}`)
    return [`# ${why}`, ...lines].join('\n')
  })
  return [...groups, `CONFIG_LOCALVERSION="${microvmKernelRecipe.localVersion}"`, ''].join('\n')
}
