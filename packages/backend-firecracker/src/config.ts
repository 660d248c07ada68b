import { join } from 'node:path'
import { ConfigError, type Env, NetworkMode, readVariable, type Variable } from '@vulcan/schema'
import {
  CNI_BIN_DIRS,
  DEFAULT_DNS,
  DEFAULT_MEM_MB,
  DEFAULT_VCPUS,
  DEFAULT_VSOCK_PORT,
  MIN_CID,
} from './constants.ts'
import { FIRECRACKER_VARIABLES } from './variables.ts'

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

/**
 * Reads the settings from the environment; what is absent has its default, files in `homeDir`.
 * Throws `ConfigError` that names the variable and what it takes.
 */
export function loadConfig(env: Env, homeDir: string): FirecrackerConfig {
  const known = FIRECRACKER_VARIABLES
  const read = <T>(variable: Variable<T>) => readVariable(env, variable)
  const cniBinDir = read(known.cniBinDir)
  return {
    kernelPath: read(known.kernelPath) ?? join(homeDir, 'vmlinux'),
    initrdPath: read(known.initrdPath) ?? join(homeDir, 'initrd'),
    rootfsDir: read(known.rootfsDir) ?? join(homeDir, 'rootfs'),
    firecrackerBin: read(known.bin),
    jailerBin: read(known.jailerBin),
    cniConfigDir: read(known.cniConfigDir) ?? '/etc/cni/conf.d',
    cniBinDirs: cniBinDir === undefined ? CNI_BIN_DIRS : [cniBinDir],
    vsockPort: read(known.vsockPort) ?? DEFAULT_VSOCK_PORT,
    cidBase: read(known.cidBase) ?? MIN_CID,
    jailerEnabled: read(known.jailer) ?? false,
    maxConcurrentVms: read(known.maxConcurrentVms) ?? 10,
    defaultVcpus: read(known.defaultVcpus) ?? DEFAULT_VCPUS,
    defaultMemMib: read(known.defaultMemMib) ?? DEFAULT_MEM_MB,
    scratchMib: read(known.scratchMib) ?? 1024,
    bootTimeoutMs: read(known.bootTimeoutMs),
    ...networkBounds(read(known.networkDefault) ?? 'none', read(known.networkMax) ?? 'public'),
    dns: read(known.dns) ?? DEFAULT_DNS,
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
