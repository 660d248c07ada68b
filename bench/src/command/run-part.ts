import { messageOf } from '@vulcan/schema'
import { keep } from './keep.ts'
import { EXIT_INTERRUPTED, untilInterrupted } from './until-interrupted.ts'

/** Runs one part and keeps its figures; one that is interrupted ends what it started, and has none. */
export async function runPart(measure: (signal: AbortSignal) => Promise<object>): Promise<void> {
  const signal = untilInterrupted()
  try {
    await keep(await measure(signal))
  } catch (error) {
    if (!signal.aborted) throw error
    process.stderr.write(`bench: ${messageOf(signal.reason)}\n`)
    process.exitCode = EXIT_INTERRUPTED
  }
}
