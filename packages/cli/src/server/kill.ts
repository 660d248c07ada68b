import { messageOf } from '@vulcan/schema'
import type { Command } from 'commander'
import { Narrator } from '../terminal.ts'
import { onServer } from './on-server.ts'
import { printLine } from './print.ts'
import { workloadDocument } from './workload-document.ts'

const EXIT_INCOMPLETE = 1

/** Declares `vulcan kill`; `finish` gets 1 when one of them could not be killed. */
export function addKillCommand(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('kill')
    .description('end workloads on a server, waiting or running, and print their ids')
    .argument('<ids...>', 'of the workloads')
    .option('--json', 'one JSON document a line')
    .action(async (ids: string[], flags: { json?: true }) => finish(await killAll(ids, flags)))
}

/** One after the other; one that fails keeps no other from its end. */
function killAll(ids: readonly string[], { json }: { json?: true }): Promise<number> {
  const narrator = new Narrator(process.stderr, true)
  return onServer(async (client, signal) => {
    let exitCode = 0
    for (const id of ids) {
      try {
        const workload = await client.kill(id, { signal })
        await printLine(json ? JSON.stringify(workloadDocument(workload)) : workload.id)
      } catch (error) {
        signal.throwIfAborted()
        narrator.complain(messageOf(error))
        exitCode = EXIT_INCOMPLETE
      }
    }
    return exitCode
  })
}
