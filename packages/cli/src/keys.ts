import { createHostKey, listHostKeys, revokeHostKey } from '@vulcan/host'
import { NetworkMode, Scope } from '@vulcan/schema'
import type { Command } from 'commander'
import {
  CPUS,
  MEMORY,
  optional,
  parseCount,
  parseDurationS,
  parseMib,
  type Range,
} from './quantities.ts'
import { formatTable } from './table.ts'
import { Narrator } from './terminal.ts'
import { UsageError } from './usage-error.ts'
import { parseWord } from './word.ts'

type KeyRecord = Awaited<ReturnType<typeof listHostKeys>>[number]
type Quota = KeyRecord['quota']

/** The flags of `keys create` as commander gives them. */
interface CreateFlags {
  readonly name: string
  readonly scopes: string
  readonly expires?: string
  readonly maxConcurrent?: string
  readonly rate?: string
  readonly maxCpus?: string
  readonly maxMemory?: string
  readonly maxNetwork?: string
  readonly json?: true
}

const COUNT_MAX = 1_000_000
const DAY_S = 24 * 3_600
const COUNTS: Range = { min: 1, max: COUNT_MAX, words: `1 to ${COUNT_MAX}` }
const RATES: Range = { min: 1, max: COUNT_MAX, words: `1/min to ${COUNT_MAX}/min` }
const EXPIRIES: Range = { min: 60, max: 3_650 * DAY_S, words: '1m to 3650d' }

/** Declares `vulcan keys` with its subcommands. */
export function addKeysCommand(program: Command): void {
  const keys = program.command('keys').description('the API keys of this host, for "vulcan serve"')
  keys
    .command('create')
    .description('make a key, and show it this once')
    .option('--name <text>', 'what the list calls it', '')
    .option('--scopes <list>', `what it permits: ${Scope.options.join(', ')}`, 'run,read')
    .option('--expires <duration>', 'refuse it after this long: 12h, 30d (default: never)')
    .option('--max-concurrent <n>', 'workloads of it that run at once; more of them wait')
    .option('--rate <n/min>', 'workloads that it submits in a minute')
    .option('--max-cpus <n>', 'virtual CPUs of one workload')
    .option('--max-memory <size>', 'memory of one workload in MiB, or with a unit: 1G')
    .option('--max-network <policy>', `the widest network: ${NetworkMode.options.join(', ')}`)
    .option('--json', 'one JSON document')
    .action(create)
  keys
    .command('ls')
    .description('list all keys; never what they are kept secret by')
    .option('--json', 'one JSON document')
    .action(async (flags: { json?: true }) => {
      const records = await listHostKeys(process.env)
      process.stdout.write(flags.json ? document(records.map(facts)) : table(records))
    })
  keys
    .command('revoke')
    .description('refuse a key from the next request on')
    .argument('<key>', 'as "vulcan keys ls" shows it')
    .option('--json', 'one JSON document')
    .action(revoke)
}

/** The key alone is on standard output, for `VULCAN_API_KEY=$(vulcan keys create)`. */
async function create(flags: CreateFlags): Promise<void> {
  const { secretKey, record } = await createHostKey(process.env, {
    name: flags.name,
    scopes: flags.scopes
      .split(',')
      .map((word) => parseWord('--scopes', word.trim(), Scope.options)),
    quota: readQuota(flags),
    expiresAtMs: readExpiry(flags.expires),
  })
  process.stdout.write(
    flags.json ? document({ ...facts(record), key: secretKey }) : `${secretKey}\n`,
  )
  const narrator = new Narrator(process.stderr, !flags.json)
  narrator.remark(`the key is shown this once; from now on ${record.prefix} names it`)
}

async function revoke(named: string, flags: { json?: true }): Promise<void> {
  const { isNew, record } = await revokeHostKey(process.env, named)
  const words = isNew
    ? `${record.prefix} is revoked`
    : `${record.prefix} was revoked already, at ${time(record.revokedAtMs)}`
  process.stdout.write(flags.json ? document(facts(record)) : `${words}\n`)
}

function readQuota(flags: CreateFlags): Quota {
  const { maxConcurrent, rate, maxCpus, maxMemory, maxNetwork } = flags
  return {
    maxConcurrent: optional(maxConcurrent, (text) => parseCount('--max-concurrent', text, COUNTS)),
    ratePerMinute: optional(rate, parseRate),
    maxCpus: optional(maxCpus, (text) => parseCount('--max-cpus', text, CPUS)),
    maxMemMib: optional(maxMemory, (text) => parseMib('--max-memory', text, MEMORY)),
    maxNetwork: optional(maxNetwork, (text) =>
      parseWord('--max-network', text, NetworkMode.options),
    ),
  }
}

function parseRate(text: string): number {
  const [, count] = /^(\d+)\/min$/.exec(text) ?? []
  if (count === undefined) throw new UsageError(`--rate is "${text}", but takes ${RATES.words}`)
  return parseCount('--rate', count, RATES)
}

function readExpiry(text: string | undefined): number | null {
  if (text === undefined) return null
  return Date.now() + parseDurationS('--expires', text, EXPIRIES) * 1000
}

function facts(record: KeyRecord) {
  const { maxConcurrent, ratePerMinute, maxCpus, maxMemMib, maxNetwork } = record.quota
  return {
    id: record.id,
    prefix: record.prefix,
    name: record.name,
    scopes: record.scopes,
    quota: {
      max_concurrent: maxConcurrent ?? null,
      rate_per_minute: ratePerMinute ?? null,
      max_cpus: maxCpus ?? null,
      max_mem_mib: maxMemMib ?? null,
      max_network: maxNetwork ?? null,
    },
    created_at: time(record.createdAtMs),
    expires_at: time(record.expiresAtMs),
    revoked_at: time(record.revokedAtMs),
    last_used_at: time(record.lastUsedAtMs),
  }
}

function document(content: object): string {
  return `${JSON.stringify(content, null, 2)}\n`
}

function table(records: readonly KeyRecord[]): string {
  const rows = records.map((record) => [
    ...[record.prefix, record.name, stateOf(record), record.scopes.join(',')],
    quotaWords(record.quota),
    ...[record.createdAtMs, record.expiresAtMs, record.lastUsedAtMs].map(
      (ms) => time(ms) ?? 'never',
    ),
  ])
  const header = ['KEY', 'NAME', 'STATE', 'SCOPES', 'QUOTA', 'CREATED', 'EXPIRES', 'LAST USED']
  return formatTable(header, rows)
}

function stateOf({ revokedAtMs, expiresAtMs }: KeyRecord): string {
  if (revokedAtMs !== null) return 'revoked'
  return expiresAtMs !== null && expiresAtMs <= Date.now() ? 'expired' : 'valid'
}

function quotaWords(quota: Quota): string {
  const { maxConcurrent, ratePerMinute, maxCpus, maxMemMib, maxNetwork } = quota
  const words = [
    maxConcurrent && `${maxConcurrent} at once`,
    ratePerMinute && `${ratePerMinute}/min`,
    maxCpus && `${maxCpus} CPUs`,
    maxMemMib && `${maxMemMib} MiB`,
    maxNetwork && `network ${maxNetwork}`,
  ]
  return words.filter(Boolean).join(', ')
}

function time(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}
