import type { RunReport } from '@vulcan/host'
import { Interruption } from './interruption.ts'
import { prepareRun } from './prepare-run.ts'
import type { OnEvent } from './prepared-run.ts'
import { runDocument } from './run-document.ts'
import { exitCodeOf, tellReport } from './run-report.ts'
import { type RunFlags, readRequest } from './run-request.ts'
import { submitDetached } from './server/submit-detached.ts'
import { flushed, type Narrator, writeThrough } from './terminal.ts'
import { Trace, waterfall } from './trace.ts'
import { UsageError } from './usage-error.ts'

/** How long a reader may take for the output of a program that was ended from outside. */
const LAST_OUTPUT_DEADLINE_MS = 2_000

/**
 * Runs one program in a VM of its own and resolves with the exit code of the command: the program's
 * own, or its row in the table of outcomes. Throws `UsageError` or `InvalidWorkloadError` before
 * anything is made.
 */
export async function runCommand(
  operands: readonly string[],
  flags: RunFlags,
  narrator: Narrator,
): Promise<number> {
  if (flags.detach && flags.trace) {
    throw new UsageError('--trace shows a run on this machine, and --detach leaves it to a server')
  }
  if (flags.detach) return submitDetached(await readRequest(operands, flags), flags)
  const report = await runProgram(operands, flags, narrator)
  const endedFromOutside = report.reason !== 'exited' && report.reason !== 'oom'
  if (endedFromOutside && !(await flushed(process.stdout, LAST_OUTPUT_DEADLINE_MS))) {
    // Whoever stopped reading would keep this process for ever.
    process.exit(exitCodeOf(report))
  }
  return exitCodeOf(report)
}

async function runProgram(
  operands: readonly string[],
  flags: RunFlags,
  narrator: Narrator,
): Promise<RunReport> {
  const request = await readRequest(operands, flags)
  using interruption = new Interruption()
  const trace = flags.trace && new Trace()
  await using held = new AsyncDisposableStack()
  const prepared = held.use(await prepareRun(request, { interruption, narrator, trace }))
  const report = await prepared.run(flags.json ? undefined : liveOutput(narrator))
  narrator.giveWay()
  // The last step is the release.
  if (trace) await held.disposeAsync()
  if (flags.json) {
    await writeThrough(
      process.stdout,
      Buffer.from(`${JSON.stringify(runDocument(report, trace), null, 2)}\n`),
    )
  } else {
    tellReport(report, narrator)
    if (trace) {
      narrator.complain('the steps of this run, in milliseconds since the command began:')
      narrator.quote(waterfall(trace.steps()))
    }
  }
  return report
}

function liveOutput(narrator: Narrator): OnEvent {
  return (event) => {
    if (event.type === 'phase') return narrator.phase(event.phase, event.atMs)
    narrator.giveWay()
    return writeThrough(process[event.stream], event.bytes)
  }
}
