import { availableParallelism, hostname, totalmem } from 'node:os'
import { resolve } from 'node:path'
import type { QueueLimits, RetentionLimits } from '@vulcan/engine'
import { type Env, readVariable, type Variable } from '@vulcan/schema'
import type { ListenAddress } from './listen-address.ts'
import type { PoolSettings } from './pool-limits.ts'
import { type LogLevel, SERVE_VARIABLES } from './serve-variables.ts'

/** What the environment asks of a server, checked. */
export interface ServeSettings {
  readonly listenAddress: ListenAddress
  readonly nodeId: string
  readonly dbPath: string
  readonly logLevel: LogLevel
  readonly queue: QueueLimits
  readonly capacity: { readonly cpus: number; readonly memMib: number }
  readonly retention: RetentionLimits
  readonly readySlots: number
  readonly pool: PoolSettings
  readonly drainMs: number
  readonly logLimitBytes: number
  readonly maxConnections: number
  readonly maxReadersPerKey: number
  readonly corsOrigins: readonly string[]
}

const DAY_MS = 24 * 3_600_000
/** Virtual CPUs of one processor: most programs wait most of the time. */
const CPUS_PER_PROCESSOR = 8
/** What the machine itself keeps. */
const OWN_MEM_MIB = 1024

/** Reads all variables of `vulcan serve`. Throws `ConfigError` for the first one that is wrong. */
export function readServeSettings(env: Env, homeDir: string): ServeSettings {
  const known = SERVE_VARIABLES
  const read = <T>(variable: Variable<T>, otherwise: T): T =>
    readVariable(env, variable) ?? otherwise
  return {
    listenAddress: read(known.listenAddress, { host: '127.0.0.1', port: 8080 }),
    nodeId: read(known.nodeId, hostname()),
    dbPath: resolve(homeDir, read(known.dbPath, 'vulcan.db')),
    logLevel: read(known.logLevel, 'info'),
    queue: { max: read(known.queueMax, 1_000), maxPerOwner: read(known.queueMaxPerKey, 100) },
    capacity: {
      cpus: read(known.capacityCpus, CPUS_PER_PROCESSOR * availableParallelism()),
      memMib: read(known.capacityMemMib, guestMemMib()),
    },
    retention: {
      maxAgeMs: read(known.retentionDays, 7) * DAY_MS,
      maxWorkloads: read(known.retentionMax, 100_000),
    },
    readySlots: read(known.readyNetworks, 0),
    pool: {
      min: readVariable(env, known.poolMin),
      max: readVariable(env, known.poolMax),
      idleMs: read(known.poolIdleS, 600) * 1000,
      memMib: read(known.poolMemMib, Math.floor(totalmem() / 1024 ** 2 / 4)),
    },
    drainMs: read(known.drainMs, 30_000),
    logLimitBytes: read(known.logLimitBytes, 10 * 1024 * 1024),
    maxConnections: read(known.httpMaxConnections, 1_000),
    maxReadersPerKey: read(known.httpMaxReaders, 100),
    corsOrigins: read(known.corsOrigins, []),
  }
}

function guestMemMib(): number {
  const totalMib = Math.floor(totalmem() / 1024 ** 2)
  return totalMib - Math.min(OWN_MEM_MIB, Math.floor(totalMib / 4))
}
