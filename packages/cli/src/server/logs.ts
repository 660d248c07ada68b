import type { LogEvent } from '@vulcan/client'
import type { OutputStream } from '@vulcan/schema'
import { type Command, Option } from 'commander'
import { Interruption } from '../interruption.ts'
import { writeThrough } from '../terminal.ts'
import { connect } from './connect.ts'
import { printLine } from './print.ts'
import { workloadDocument } from './workload-document.ts'

const EXIT_INTERRUPTED = 130

interface LogsFlags {
  readonly follow?: true
  readonly stream?: OutputStream
  readonly json?: true
}

/** Declares `vulcan logs`; `finish` gets 130 when it is interrupted. */
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

async function printLogs(id: string, { follow, stream, json }: LogsFlags): Promise<number> {
  const client = connect(process.env)
  using interruption = new Interruption()
  const { signal } = interruption
  try {
    for await (const event of client.logs(id, { follow: follow === true, stream, signal })) {
      if (json) await printLine(JSON.stringify(eventDocument(event)))
      else if (event.type === 'output') await writeThrough(process[event.stream], event.bytes)
    }
    return 0
  } catch (error) {
    if (!signal.aborted) throw error
    return EXIT_INTERRUPTED
  }
}

/** In the words of the HTTP API. */
function eventDocument(event: LogEvent): object {
  if (event.type === 'done') return { type: event.type, workload: workloadDocument(event.workload) }
  const { type, seq, at } = event
  return event.type === 'phase'
    ? { type, seq, at, phase: event.phase, at_ms: event.atMs }
    : { type, seq, at, stream: event.stream, data: Buffer.from(event.bytes).toString('base64') }
}
