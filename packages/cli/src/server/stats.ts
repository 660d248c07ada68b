import type { Stats } from '@vulcan/client'
import type { Command } from 'commander'
import { formatTable } from '../table.ts'
import { onServer } from './on-server.ts'
import { printDocument } from './print.ts'

/** Declares `vulcan stats`. */
export function addStatsCommand(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('stats')
    .description('count the workloads of a server')
    .option('--json', 'one JSON document')
    .action(async ({ json }: { json?: true }) => {
      const count = onServer(async (client, signal) => {
        const stats = await client.stats({ signal })
        if (json) await printDocument(document(stats))
        else process.stdout.write(process.stdout.isTTY ? table(stats) : plain(stats))
        return 0
      })
      finish(await count)
    })
}

/** In the words of the HTTP API. */
function document(stats: Stats): object {
  return {
    total: stats.total,
    by_status: stats.byStatus,
    by_isolation: stats.byIsolation,
    avg_duration_ms: stats.avgDurationMs,
  }
}

function table(stats: Stats): string {
  return formatTable(['WORKLOADS', ''], rows(stats))
}

function plain(stats: Stats): string {
  return rows(stats)
    .map((row) => `${row.join('\t')}\n`)
    .join('')
}

function rows({ total, byStatus, avgDurationMs }: Stats): string[][] {
  const average = avgDurationMs === null ? '-' : `${(avgDurationMs / 1000).toFixed(1)} s`
  return [
    ...Object.entries(byStatus).map(([status, count]) => [status, String(count)]),
    ['total', String(total)],
    ['average duration', average],
  ]
}
