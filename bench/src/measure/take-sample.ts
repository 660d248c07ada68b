import { messageOf } from '@vulcan/schema'
import type { Adapter } from '../adapters/adapter.ts'
import type { Program } from '../programs.ts'
import type { Sample } from '../result.ts'

/** Of what a failed run says, so much is kept. */
const ERROR_LENGTH_MAX = 500

/**
 * Runs a program once: the clock runs from the send to the last byte, and then its output must be the
 * nonce. A run that fails is a sample, too; only the signal's reason is thrown.
 */
export async function takeSample(
  adapter: Adapter,
  program: Program,
  signal: AbortSignal,
): Promise<Sample> {
  try {
    await adapter.before?.()
    const startedAtMs = performance.now()
    const answer = await adapter.run(program, signal)
    const ms = performance.now() - startedAtMs
    const facts = await answer.after?.(signal)
    if (answer.stdout.trim() !== program.nonce) {
      throw new Error(`it answered ${JSON.stringify(answer.stdout)}, not ${program.nonce}`)
    }
    return {
      ms,
      ...(answer.phases && { phases: answer.phases }),
      ...(facts && { facts }),
    }
  } catch (error) {
    return failedSample(error, signal)
  }
}

/** A run that failed so. Throws the signal's reason where that is why. */
export function failedSample(error: unknown, signal: AbortSignal): Sample {
  signal.throwIfAborted()
  return { ms: null, error: messageOf(error).slice(0, ERROR_LENGTH_MAX) }
}
