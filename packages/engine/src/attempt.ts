import type { Backend, ExecuteOptions } from '@vulcan/backend'
import type { WorkloadEvent, WorkloadResult, WorkloadSpec } from '@vulcan/schema'
import type { Ticket } from './ticket.ts'

export interface Deadlines {
  /** What a workload may take beyond its own `timeoutS`; backends have tighter ones of their own. */
  readonly overheadMs: number
  /** How long a backend may take to answer for a workload that was stopped. */
  readonly endMs: number
}

export const DEFAULT_DEADLINES: Deadlines = { overheadMs: 10 * 60_000, endMs: 60_000 }

/** What is executed, where, and who takes what comes of it. */
export interface Execution extends Pick<ExecuteOptions, 'keepOutput'> {
  readonly backend: Backend
  readonly spec: WorkloadSpec
  readonly onEvent: (event: WorkloadEvent) => Promise<void> | void
}

/** How it went in the backend: at most one of both; none when it did not answer in time. */
export interface Attempt {
  readonly result?: WorkloadResult
  readonly failure?: unknown
  /** From its start to its end; null when there was none. */
  readonly durationMs: number | null
}

/**
 * Lets the backend run a workload and resolves when it has answered, or when it does not, though the
 * time is up: then it goes on holding its slot, but nobody waits for it. Timers and durations are of
 * the monotonic clock.
 */
export async function attempt(
  ticket: Ticket,
  { backend, spec, ...options }: Execution,
  { overheadMs, endMs }: Deadlines,
): Promise<Attempt> {
  const startedAtMs = performance.now()
  const elapsedMs = () => Math.round(performance.now() - startedAtMs)
  using timers = new DisposableStack()
  const after = (delayMs: number, act: () => void) => {
    timers.adopt(setTimeout(act, delayMs), clearTimeout)
  }
  const silence = Promise.withResolvers<Attempt>()
  const onStop = () => after(endMs, () => silence.resolve({ durationMs: elapsedMs() }))
  if (ticket.signal.aborted) onStop()
  ticket.signal.addEventListener('abort', onStop, { once: true })
  after(spec.timeoutS * 1000 + overheadMs, () => ticket.stop('timeout'))
  try {
    const execution = backend.execute(spec, { signal: ticket.signal, ...options })
    const answer = execution.then((result) => ({ result, durationMs: elapsedMs() }))
    return await Promise.race([answer, silence.promise])
  } catch (failure) {
    return { failure, durationMs: elapsedMs() }
  } finally {
    ticket.signal.removeEventListener('abort', onStop)
  }
}
