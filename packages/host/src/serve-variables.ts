import { integer, type Kind, type Variable, variable, words } from '@vulcan/schema'
import * as z from 'zod'
import { ListenAddress } from './listen-address.ts'

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

const LISTEN_ADDRESS: Kind<ListenAddress> = {
  takes:
    'an IP address or localhost, and a port: 127.0.0.1:8080, [::1]:8080, or :8080 for every address',
  schema: z.string().transform((text, context) => {
    const address = ListenAddress.parse(text)
    if (address !== undefined) return address
    context.addIssue('no address')
    return z.NEVER
  }),
}

const ORIGINS: Kind<string[]> = {
  takes: 'origins separated by commas, such as https://console.example.com',
  schema: z
    .string()
    .transform((text) => text.split(',').filter((origin) => origin !== ''))
    .pipe(
      z.array(z.string().refine((text) => URL.canParse(text) && new URL(text).origin === text)),
    ),
}

/** Every variable of `vulcan serve`. */
export const SERVE_VARIABLES = {
  listenAddress: variable(
    'VULCAN_LISTEN_ADDR',
    LISTEN_ADDRESS,
    'where the HTTP API is served; port 0 takes a free one',
    '`127.0.0.1:8080`',
  ),
  nodeId: variable(
    'VULCAN_NODE_ID',
    {
      takes: 'up to 64 letters, digits, dots, hyphens and underscores',
      schema: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
    },
    'the name of this host in what it records',
    "the machine's host name",
  ),
  dbPath: variable(
    'VULCAN_DB_PATH',
    { takes: 'a path', schema: z.string().min(1) },
    'the database of workloads; relative to `VULCAN_HOME`',
    '`vulcan.db`',
  ),
  logLevel: variable('VULCAN_LOG_LEVEL', words(LOG_LEVELS), 'what is logged at least', '`info`'),
  queueMax: variable(
    'VULCAN_QUEUE_MAX',
    integer(1, 1_000_000),
    'waiting workloads of all keys',
    '1,000',
  ),
  queueMaxPerKey: variable(
    'VULCAN_QUEUE_MAX_PER_KEY',
    integer(1, 1_000_000),
    'waiting workloads of one key',
    '100',
  ),
  capacityCpus: variable(
    'VULCAN_CAPACITY_CPUS',
    integer(1, 100_000),
    'virtual CPUs of all running workloads',
    'eight for each processor',
  ),
  capacityMemMib: variable(
    'VULCAN_CAPACITY_MEM_MB',
    integer(128, 100 * 1024 * 1024),
    'memory of all running workloads, MiB',
    "the machine's, less 1 GiB or a quarter",
  ),
  retentionDays: variable(
    'VULCAN_RETENTION_DAYS',
    integer(0, 3650),
    'how long a workload is kept after its end',
    '7',
  ),
  retentionMax: variable(
    'VULCAN_RETENTION_MAX',
    integer(1, 100_000_000),
    'how many workloads are kept; those that ended first go',
    '100,000',
  ),
  readyNetworks: variable(
    'VULCAN_READY_NETWORKS',
    integer(0, 100),
    'networks that are made before a workload asks for one; needs root',
    '0',
  ),
  poolMin: variable(
    'VULCAN_POOL_MIN',
    integer(0, 1_000),
    'VMs that always wait for a workload, of each runtime, in the default shape',
    '1; none where guests are emulated',
  ),
  poolMax: variable(
    'VULCAN_POOL_MAX',
    integer(0, 1_000),
    'VMs of one shape (runtime, CPUs, memory, network) that wait at most; 0: none are started ahead',
    'one for each processor, at most 8; half of that where guests are emulated',
  ),
  poolIdleS: variable(
    'VULCAN_POOL_IDLE_S',
    integer(1, 7 * 24 * 3600),
    'how long a VM beyond the minimum waits in vain before it is ended, seconds',
    '600',
  ),
  poolMemMib: variable(
    'VULCAN_POOL_MEM_MB',
    integer(128, 100 * 1024 * 1024),
    'memory of all VMs that wait, MiB, as much as they may use',
    "a quarter of the machine's",
  ),
  drainMs: variable(
    'VULCAN_DRAIN_MS',
    integer(0, 24 * 3_600_000),
    'how long running workloads may take to end after SIGTERM',
    '30,000',
  ),
  logLimitBytes: variable(
    'VULCAN_LOG_LIMIT_BYTES',
    integer(0, 1024 ** 3),
    'output that is kept of one workload beyond what its output limit keeps',
    '10 MiB',
  ),
  httpMaxConnections: variable(
    'VULCAN_HTTP_MAX_CONNECTIONS',
    integer(1, 1_000_000),
    'connections at once',
    '1,000',
  ),
  httpMaxReaders: variable(
    'VULCAN_HTTP_MAX_READERS_PER_KEY',
    integer(1, 1_000_000),
    'followers of logs at once, of one key',
    '100',
  ),
  corsOrigins: variable(
    'VULCAN_CORS_ORIGINS',
    ORIGINS,
    'whose pages may call the API; with keys only',
    'none',
  ),
} satisfies Record<string, Variable>
