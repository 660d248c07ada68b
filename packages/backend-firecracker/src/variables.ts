import { isIP } from 'node:net'
import {
  ABSOLUTE_PATH,
  integer,
  type Kind,
  NetworkMode,
  SWITCH,
  type Variable,
  variable,
  words,
} from '@vulcan/schema'
import * as z from 'zod'
import {
  CNI_BIN_DIRS,
  DEFAULT_DNS,
  DEFAULT_MEM_MB,
  DEFAULT_VCPUS,
  DEFAULT_VSOCK_PORT,
  MIN_CID,
} from './constants.ts'

const MEM_MIB = integer(128, 1024 * 1024)
/** resolv.conf(5) asks at most three. */
const RESOLVERS: Kind<string[]> = {
  takes: 'addresses of at most three resolvers, separated by commas',
  schema: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.string().refine((address) => isIP(address) !== 0)).max(3)),
}

/** Every variable of the backend. */
export const FIRECRACKER_VARIABLES = {
  bin: variable('VULCAN_FC_BIN', ABSOLUTE_PATH, 'Firecracker', 'the one that set-up installed'),
  kernelPath: variable(
    'VULCAN_FC_KERNEL_PATH',
    ABSOLUTE_PATH,
    "the guests' kernel",
    '`vmlinux` in `VULCAN_HOME`',
  ),
  initrdPath: variable(
    'VULCAN_FC_INITRD_PATH',
    ABSOLUTE_PATH,
    "the guests' initrd, with the agent",
    '`initrd` in `VULCAN_HOME`',
  ),
  rootfsDir: variable(
    'VULCAN_FC_ROOTFS_DIR',
    ABSOLUTE_PATH,
    'a directory with `<runtime>.ext4`',
    '`rootfs` in `VULCAN_HOME`',
  ),
  jailer: variable(
    'VULCAN_FC_JAILER',
    SWITCH,
    'whether Firecracker is started by its jailer; true needs root and Firecracker, and is refused with QEMU',
    '`false`',
  ),
  jailerBin: variable(
    'VULCAN_FC_JAILER_BIN',
    ABSOLUTE_PATH,
    "Firecracker's jailer",
    'the one beside `firecracker`',
  ),
  vsockPort: variable(
    'VULCAN_FC_VSOCK_PORT',
    integer(1, 0xffff_fffe),
    "the agent's port",
    String(DEFAULT_VSOCK_PORT),
  ),
  cidBase: variable(
    'VULCAN_FC_CID_BASE',
    integer(MIN_CID, 0xffff_fffe),
    'the first vsock context id',
    String(MIN_CID),
  ),
  maxConcurrentVms: variable(
    'VULCAN_FC_MAX_CONCURRENT_VMS',
    integer(1, 1000),
    'VMs of one process at once',
    '10',
  ),
  defaultVcpus: variable(
    'VULCAN_FC_DEFAULT_VCPUS',
    integer(1, 32),
    'for workloads that do not say',
    String(DEFAULT_VCPUS),
  ),
  defaultMemMib: variable(
    'VULCAN_FC_DEFAULT_MEM_MB',
    MEM_MIB,
    'for workloads that do not say, MiB',
    String(DEFAULT_MEM_MB),
  ),
  scratchMib: variable(
    'VULCAN_FC_SCRATCH_MIB',
    integer(16, 1024 * 1024),
    'the most that a VM can write, MiB',
    '1024',
  ),
  bootTimeoutMs: variable(
    'VULCAN_FC_BOOT_TIMEOUT_MS',
    integer(100, 3_600_000),
    'the time of one boot on an idle machine; it is longer while the machine is busy',
    '10,000 or 8 trial boots with KVM, 60,000 in software',
  ),
  networkDefault: variable(
    'VULCAN_FC_NETWORK_DEFAULT',
    words(NetworkMode.options),
    'for workloads that do not say',
    '`none`',
  ),
  networkMax: variable(
    'VULCAN_FC_NETWORK_MAX',
    words(NetworkMode.options),
    'what a workload may ask for at most',
    '`public`',
  ),
  dns: variable(
    'VULCAN_FC_DNS',
    RESOLVERS,
    'the resolvers of guests with a network',
    `\`${DEFAULT_DNS.join(',')}\``,
  ),
  cniConfigDir: variable(
    'VULCAN_FC_CNI_CONFIG_DIR',
    ABSOLUTE_PATH,
    'a directory whose first `*.conflist` by name is used',
    "`/etc/cni/conf.d`; without a list there, Vulcan's own",
  ),
  cniBinDir: variable(
    'VULCAN_FC_CNI_BIN_DIR',
    ABSOLUTE_PATH,
    'a directory of CNI plugins',
    CNI_BIN_DIRS.map((directory) => `\`${directory}\``).join(', then '),
  ),
} satisfies Record<string, Variable>
