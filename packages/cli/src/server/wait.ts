import type { Command } from 'commander'
import { exitCodeOf } from '../run-report.ts'
import { onServer } from './on-server.ts'
import { printLine } from './print.ts'
import { workloadDocument } from './workload-document.ts'

/** Declares `vulcan wait`; `finish` gets what `vulcan run` would have exited with. */
export function addWaitCommand(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('wait')
    .description('wait until workloads on a server have ended, and exit as the first that failed')
    .argument('<ids...>', 'of the workloads')
    .option('--json', 'one JSON document a line, with the output')
    .action(async (ids: string[], flags: { json?: true }) => finish(await waitForAll(ids, flags)))
}

function waitForAll(ids: readonly string[], { json }: { json?: true }): Promise<number> {
  return onServer(async (client, signal) => {
    let exitCode = 0
    for (const id of ids) {
      const workload = await client.wait(id, { signal })
      if (json) await printLine(JSON.stringify(workloadDocument(workload)))
      const { reason, exitCode: own } = workload
      exitCode ||= exitCodeOf({ reason: reason ?? 'internal', exitCode: own })
    }
    return exitCode
  })
}
