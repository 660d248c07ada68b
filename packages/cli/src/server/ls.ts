import type { Workload } from '@vulcan/client'
import { RUNTIMES, type Runtime, Status } from '@vulcan/schema'
import { type Command, Option } from 'commander'
import { parseCount, type Range } from '../quantities.ts'
import { formatTable } from '../table.ts'
import { printable } from '../terminal.ts'
import { onServer } from './on-server.ts'
import { printLine } from './print.ts'
import { workloadDocument } from './workload-document.ts'

const HEADER = ['ID', 'STATUS', 'REASON', 'EXIT', 'RUNTIME', 'CREATED', 'LASTED']
const LIMIT: Range = { min: 1, max: 100_000, words: '1 to 100000' }

interface LsFlags {
  readonly status?: Status
  readonly runtime?: Runtime
  readonly limit: string
  readonly json?: true
}

/** Declares `vulcan ls`. */
export function addLsCommand(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('ls')
    .description('list the workloads of a server, the newest first')
    .addOption(new Option('--status <status>', 'only these').choices(Status.options))
    .addOption(new Option('--runtime <name>', 'only these').choices(RUNTIMES))
    .option('--limit <n>', 'not more than these', '20')
    .option('--json', 'one JSON document a line')
    .action(async (flags: LsFlags) => finish(await list(flags)))
}

function list({ json, ...flags }: LsFlags): Promise<number> {
  const filter = { ...flags, limit: parseCount('--limit', flags.limit, LIMIT) }
  return onServer(async (client, signal) => {
    const workloads = client.list({ ...filter, signal })
    if (!json && process.stdout.isTTY) {
      process.stdout.write(formatTable(HEADER, (await Array.fromAsync(workloads)).map(cells)))
      return 0
    }
    for await (const workload of workloads) {
      await printLine(json ? JSON.stringify(workloadDocument(workload)) : plain(workload))
    }
    return 0
  })
}

/** For other programs: fields between tabs, none of them missing. */
function plain(workload: Workload): string {
  return cells(workload)
    .map((cell) => printable(cell) || '-')
    .join('\t')
}

function cells(workload: Workload): string[] {
  const { id, status, reason, exitCode, runtime, createdAt, durationMs } = workload
  return [
    ...[id, status, reason ?? '', String(exitCode ?? ''), runtime],
    createdAt.toISOString(),
    durationMs === null ? '' : `${(durationMs / 1000).toFixed(1)} s`,
  ]
}
