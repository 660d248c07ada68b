import type { LogEvent } from '@vulcan/client'
import type { OutputStream } from '@vulcan/schema'
import { type Command, Option } from 'commander'
import { writeThrough } from '../terminal.ts'
import { onServer } from './on-server.ts'
import { printLine } from './print.ts'
import { workloadDocument } from './workload-document.ts'

interface LogsFlags {
  readonly follow?: true
  readonly stream?: OutputStream
  readonly json?: true
}

/** Declares `vulcan logs`. */
export function addLogsCommand(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('logs')
    .description('print what a workload on a server has written, each stream on its own')
    .argument('<id>', 'of the workload')
    .option('-f, --follow', 'go on until it has ended')
    .addOption(new Option('--stream <name>', 'only this one').choices(['stdout', 'stderr']))
    .option('--json', 'one JSON document a line, for each event')
    .action(async (id: string, flags: LogsFlags) => finish(await printLogs(id, flags)))
}

function printLogs(id: string, { follow, stream, json }: LogsFlags): Promise<number> {
  return onServer(async (client, signal) => {
    for await (const event of client.logs(id, { follow: follow === true, stream, signal })) {
      if (json) await printLine(JSON.stringify(eventDocument(event)))
      else if (event.type === 'output') await writeThrough(process[event.stream], event.bytes)
    }
    return 0
  })
}

/** In the words of the HTTP API. */
function eventDocument(event: LogEvent): object {
  if (event.type === 'done') return { type: event.type, workload: workloadDocument(event.workload) }
  const { type, seq, at } = event
  return event.type === 'phase'
    ? { type, seq, at, phase: event.phase, at_ms: event.atMs }
    : { type, seq, at, stream: event.stream, data: Buffer.from(event.bytes).toString('base64') }
}
