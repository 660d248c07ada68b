import type { Workload } from '@vulcan/client'
import type { Command } from 'commander'
import { formatMib } from '../quantities.ts'
import { printable } from '../terminal.ts'
import { onServer } from './on-server.ts'
import { printDocument } from './print.ts'
import { workloadDocument } from './workload-document.ts'

const NAME_CHARACTERS = 12

/** Declares `vulcan inspect`. */
export function addInspectCommand(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('inspect')
    .description('say all that a server knows of a workload')
    .argument('<id>', 'of the workload')
    .option('--json', 'one JSON document, with the output')
    .action(async (id: string, { json }: { json?: true }) => {
      const inspect = onServer(async (client, signal) => {
        const workload = await client.get(id, { signal })
        if (json) await printDocument(workloadDocument(workload))
        else process.stdout.write(describe(workload))
        return 0
      })
      finish(await inspect)
    })
}

/** Facts, one a line. Those that there are not yet, or never will be, are left out. */
function describe(workload: Workload): string {
  const { args, network, vmm, durationMs, exitCode } = workload
  const facts: readonly (readonly [string, string | null | undefined])[] = [
    ['id', workload.id],
    ['status', workload.status],
    ['reason', workload.reason],
    ['exit code', exitCode === null ? null : String(exitCode)],
    ['error', workload.error],
    ['runtime', workload.runtime],
    ['arguments', args?.length ? JSON.stringify(args) : null],
    ['network', network ?? "the host's default"],
    ['limits', limitsOf(workload)],
    ['priority', String(workload.priority)],
    ['host', workload.nodeId],
    ['VMM', vmm && `${vmm.name} ${vmm.version}, because ${vmm.reason}`],
    ['isolation', workload.isolationStrength],
    ['created', workload.createdAt.toISOString()],
    ['started', workload.startedAt?.toISOString()],
    ['finished', workload.finishedAt?.toISOString()],
    ['lasted', durationMs === null ? null : `${durationMs} ms`],
    ['phases', workload.phases?.map(({ phase, atMs }) => `${phase} at ${atMs} ms`).join(', ')],
    ['stdout', sizeOf(workload, 'stdout')],
    ['stderr', sizeOf(workload, 'stderr')],
  ]
  return facts
    .flatMap(([name, value]) => (value ? [[name, value] as const] : []))
    .map(([name, value]) => `${name.padEnd(NAME_CHARACTERS)}${printable(value)}\n`)
    .join('')
}

function limitsOf({ cpus, memMib, timeoutS, outputLimitBytes }: Workload): string {
  const output = `${formatMib(outputLimitBytes)} of each stream`
  return `CPUs ${cpus}, memory ${memMib} MiB, time ${timeoutS} s, output ${output}`
}

function sizeOf(workload: Workload, stream: 'stdout' | 'stderr'): string | null {
  const bytes = workload[stream]?.byteLength
  if (bytes === undefined) return null
  return `${bytes} bytes${workload.truncated?.[stream] ? ', cut at the limit' : ''}`
}
