import { BackendError } from '@vulcan/backend'
import { messageOf, type Reason, type WorkloadEnd } from '@vulcan/schema'
import type { Attempt } from './attempt.ts'
import { RefusedError } from './errors.ts'
import { NOTHING_TRUNCATED } from './output-budget.ts'
import type { Ticket } from './ticket.ts'

/** What is kept of an error's words: some quote what a guest has said. */
const ERROR_CHARACTERS_MAX = 16 * 1024

const WORDS_OF_STOP = {
  killed: 'killed',
  timeout: 'the backend did not end it within its deadline',
  shutdown: 'the host was shut down',
} as const

/**
 * The row of the table of outcomes for what came of a workload. `recorded` is what more was written of
 * than its limit: the backend, which passes on more than that, may not know.
 */
export function endOf(
  ticket: Ticket,
  { result, failure, durationMs }: Attempt,
  recorded: WorkloadEnd['truncated'],
): WorkloadEnd {
  const common = { durationMs, finishedAtMs: Date.now() }
  if (result !== undefined) {
    const { outcome, exitCode, error, vmm, isolationStrength } = result
    // Who ends a program from outside knows better why than its backend.
    const reason = outcome === 'killed' ? (ticket.stopped ?? outcome) : outcome
    const words = reason === outcome ? error : WORDS_OF_STOP[ticket.stopped ?? 'killed']
    const phases = [...result.phases]
    const truncated = {
      stdout: result.truncated.stdout || recorded.stdout,
      stderr: result.truncated.stderr || recorded.stderr,
    }
    const kept = { exitCode, truncated, vmm, isolationStrength, phases }
    return { ...common, ...kept, reason, error: bounded(words) }
  }
  const { reason, error } = reasonWithoutResult(ticket, failure)
  return {
    ...common,
    ...NO_RESULT,
    truncated: recorded,
    phases: [...ticket.phases],
    reason,
    error: bounded(error),
  }
}

/** For what was running when its host died. */
export function ownerDied(): WorkloadEnd {
  return {
    ...NO_RESULT,
    truncated: NOTHING_TRUNCATED,
    reason: 'owner_died',
    error: 'the host died while it ran',
    phases: [],
    durationMs: null,
    finishedAtMs: Date.now(),
  }
}

const NO_RESULT = {
  exitCode: null,
  vmm: null,
  isolationStrength: null,
}

function reasonWithoutResult(
  { stopped }: Ticket,
  failure: unknown,
): { readonly reason: Reason; readonly error: string } {
  if (stopped !== undefined) return { reason: stopped, error: WORDS_OF_STOP[stopped] }
  const isKnown = failure instanceof BackendError || failure instanceof RefusedError
  return { reason: isKnown ? failure.code : 'internal', error: messageOf(failure) }
}

function bounded(words: string): string {
  return words.slice(0, ERROR_CHARACTERS_MAX)
}
