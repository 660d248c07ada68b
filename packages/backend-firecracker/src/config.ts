import { isIP } from 'node:net'
import { join } from 'node:path'
import { NetworkMode, VulcanError } from '@vulcan/schema'
import * as z from 'zod'
import {
  DEFAULT_DNS,
  DEFAULT_MEM_MB,
  DEFAULT_VCPUS,
  DEFAULT_VSOCK_PORT,
  MIN_CID,
} from './constants.ts'

/** A variable of the environment has a value that it cannot have. */
export class ConfigError extends VulcanError<'config_invalid'> {
  readonly variable: string

  constructor(variable: string, value: string, takes: string) {
    super('config_invalid', `${variable} is "${value}", but takes ${takes}`)
    this.variable = variable
  }
}

/** Settings of the backend. Paths are absolute; see the variables of the same names. */
export interface FirecrackerConfig {
  readonly kernelPath: string
  readonly initrdPath: string
  readonly rootfsDir: string
  /** Undefined: the one that set-up installed. */
  readonly firecrackerBin: string | undefined
  /** Undefined: the one beside Firecracker. */
  readonly jailerBin: string | undefined
  /** Where the operator's CNI network lists are; without one there, ours is taken. */
  readonly cniConfigDir: string
  /** Searched in this order for CNI plugins. */
  readonly cniBinDirs: readonly string[]
  readonly vsockPort: number
  readonly cidBase: number
  readonly jailerEnabled: boolean
  readonly maxConcurrentVms: number
  readonly defaultVcpus: number
  readonly defaultMemMib: number
  readonly scratchMib: number
  /** Undefined: chosen from how fast the VMM in use boots. */
  readonly bootTimeoutMs: number | undefined
  /** For a workload that does not say; at most `networkMax`. */
  readonly networkDefault: NetworkMode
  /** What a workload may ask for at most. */
  readonly networkMax: NetworkMode
  /** The resolvers of guests that have a network: addresses, in the order in which they are asked. */
  readonly dns: readonly string[]
  /** Where a VMM looks for the programs of the system, as `PATH` says it. */
  readonly searchPath: string
}

/** For an environment without `PATH`. */
const DEFAULT_SEARCH_PATH = '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** One variable: what it takes in words, and how it is read. */
const integer = (min: number, max: number) => ({
  takes: `an integer from ${min} to ${max}`,
  schema: z
    .string()
    .regex(/^\d{1,10}$/)
    .transform(Number)
    .pipe(z.int().min(min).max(max)),
})

const PORT = integer(1, 0xffff_fffe)
const COUNT = integer(1, 1000)
const VCPUS = integer(1, 32)
const MEM_MIB = integer(128, 1024 * 1024)
const CID = integer(MIN_CID, 0xffff_fffe)
const SCRATCH_MIB = integer(16, 1024 * 1024)
const TIMEOUT_MS = integer(100, 3_600_000)
const PATH = {
  takes: 'an absolute path',
  schema: z.string().startsWith('/'),
}
const SWITCH = {
  takes: 'a word: true or false',
  schema: z.enum(['true', 'false']).transform((word) => word === 'true'),
}
const NETWORK = {
  takes: `a word: ${NetworkMode.options.join(', ')}`,
  schema: NetworkMode,
}
/** resolv.conf(5) asks at most three. */
const RESOLVERS = {
  takes: 'addresses of at most three resolvers, separated by commas',
  schema: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.string().refine((address) => isIP(address) !== 0)).max(3)),
}

const CNI_BIN_DIRS = ['/opt/cni/bin', '/usr/lib/cni']

/**
 * Reads the settings from the environment; what is absent has its default, files in `homeDir`.
 * Throws `ConfigError` that names the variable and what it takes.
 */
export function loadConfig(
  env: Readonly<Record<string, string | undefined>>,
  homeDir: string,
): FirecrackerConfig {
  const read = <T>(name: string, kind: { takes: string; schema: z.ZodType<T> }): T | undefined => {
    const value = env[name]
    if (value === undefined) return undefined
    const parsed = kind.schema.safeParse(value)
    if (!parsed.success) throw new ConfigError(name, value, kind.takes)
    return parsed.data
  }
  const cniBinDir = read('VULCAN_FC_CNI_BIN_DIR', PATH)
  return {
    kernelPath: read('VULCAN_FC_KERNEL_PATH', PATH) ?? join(homeDir, 'vmlinux'),
    initrdPath: read('VULCAN_FC_INITRD_PATH', PATH) ?? join(homeDir, 'initrd'),
    rootfsDir: read('VULCAN_FC_ROOTFS_DIR', PATH) ?? join(homeDir, 'rootfs'),
    firecrackerBin: read('VULCAN_FC_BIN', PATH),
    jailerBin: read('VULCAN_FC_JAILER_BIN', PATH),
    cniConfigDir: read('VULCAN_FC_CNI_CONFIG_DIR', PATH) ?? '/etc/cni/conf.d',
    cniBinDirs: cniBinDir === undefined ? CNI_BIN_DIRS : [cniBinDir],
    vsockPort: read('VULCAN_FC_VSOCK_PORT', PORT) ?? DEFAULT_VSOCK_PORT,
    cidBase: read('VULCAN_FC_CID_BASE', CID) ?? MIN_CID,
    jailerEnabled: read('VULCAN_FC_JAILER', SWITCH) ?? false,
    maxConcurrentVms: read('VULCAN_FC_MAX_CONCURRENT_VMS', COUNT) ?? 10,
    defaultVcpus: read('VULCAN_FC_DEFAULT_VCPUS', VCPUS) ?? DEFAULT_VCPUS,
    defaultMemMib: read('VULCAN_FC_DEFAULT_MEM_MB', MEM_MIB) ?? DEFAULT_MEM_MB,
    scratchMib: read('VULCAN_FC_SCRATCH_MIB', SCRATCH_MIB) ?? 1024,
    bootTimeoutMs: read('VULCAN_FC_BOOT_TIMEOUT_MS', TIMEOUT_MS),
    ...networkBounds(
      read('VULCAN_FC_NETWORK_DEFAULT', NETWORK) ?? 'none',
      read('VULCAN_FC_NETWORK_MAX', NETWORK) ?? 'public',
    ),
    dns: read('VULCAN_FC_DNS', RESOLVERS) ?? DEFAULT_DNS,
    searchPath: env['PATH'] || DEFAULT_SEARCH_PATH,
  }
}

/** Whether a network gives at most what another one gives. */
export function isNetworkWithin(mode: NetworkMode, max: NetworkMode): boolean {
  return NetworkMode.options.indexOf(mode) <= NetworkMode.options.indexOf(max)
}

function networkBounds(networkDefault: NetworkMode, networkMax: NetworkMode) {
  if (!isNetworkWithin(networkDefault, networkMax)) {
    const takes = `at most what VULCAN_FC_NETWORK_MAX allows, which is "${networkMax}"`
    throw new ConfigError('VULCAN_FC_NETWORK_DEFAULT', networkDefault, takes)
  }
  return { networkDefault, networkMax }
}
