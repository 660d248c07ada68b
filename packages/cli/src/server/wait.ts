import type { Command } from 'commander'
import { Interruption } from '../interruption.ts'
import { exitCodeOf } from '../run-report.ts'
import { connect } from './connect.ts'
import { printLine } from './print.ts'
import { workloadDocument } from './workload-document.ts'

const EXIT_INTERRUPTED = 130

/** Declares `vulcan wait`; `finish` gets what `vulcan run` would have exited with. */
export function addWaitCommand(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('wait')
    .description('wait until workloads on a server have ended, and exit as the first that failed')
    .argument('<ids...>', 'of the workloads')
    .option('--json', 'one JSON document a line, with the output')
    .action(async (ids: string[], flags: { json?: true }) => finish(await waitForAll(ids, flags)))
}

async function waitForAll(ids: readonly string[], { json }: { json?: true }): Promise<number> {
  const client = connect(process.env)
  using interruption = new Interruption()
  const { signal } = interruption
  let exitCode = 0
  try {
    for (const id of ids) {
      const workload = await client.wait(id, { signal })
      if (json) await printLine(JSON.stringify(workloadDocument(workload)))
      const { reason, exitCode: own } = workload
      exitCode ||= exitCodeOf({ reason: reason ?? 'internal', exitCode: own })
    }
    return exitCode
  } catch (error) {
    if (!signal.aborted) throw error
    return EXIT_INTERRUPTED
  }
}
