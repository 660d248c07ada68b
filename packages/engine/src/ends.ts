import { setTimeout as delay } from 'node:timers/promises'
import { finalStatus, type WorkloadEnd } from '@vulcan/schema'
import type { Attempt } from './attempt.ts'
import { endOf } from './end-of.ts'
import { NOTHING_TRUNCATED } from './output-budget.ts'
import type { Recorder } from './recorder.ts'
import type { Store } from './store.ts'
import type { Tell } from './tell.ts'
import type { RunEnd, Ticket } from './ticket.ts'

/** How long after a failed attempt to record an end the next one is made. */
const RECORD_AGAIN_MS = 1_000

export interface EndsOptions {
  readonly store: Store
  readonly recorder: Recorder
  readonly tell: Tell
  readonly onProblem: (error: unknown) => void
  /** Aborted when the engine closes: an end that cannot be recorded is not waited for any more. */
  readonly closed: AbortSignal
}

/** Records how workloads ended. */
export class Ends {
  readonly #options: EndsOptions

  constructor(options: EndsOptions) {
    this.#options = options
  }

  /** Records the end of a workload and tells whoever waits for it. Never rejects. */
  async finish(ticket: Ticket, attempt: Attempt): Promise<void> {
    ticket.isOver = true
    try {
      const { stored, truncated } = await this.#finishRecord(ticket, attempt)
      const end = endOf(ticket, stored, truncated)
      await this.#record(ticket.id, end)
      const { result, failure } = stored
      const workload = ended(ticket, end)
      ticket.ended.resolve({ workload, result, failure })
      this.#options.tell((watcher) => watcher.ended(workload, ticket.sinceAcceptedMs()))
    } catch (error) {
      ticket.ended.reject(error)
    }
  }

  /** What could not be recorded of a workload is what came of it. */
  async #finishRecord(ticket: Ticket, attempt: Attempt) {
    try {
      const truncated = await this.#options.recorder.finish(ticket.id)
      return { stored: attempt, truncated }
    } catch (failure) {
      const stored: Attempt = { failure, durationMs: attempt.durationMs }
      return { stored, truncated: NOTHING_TRUNCATED }
    }
  }

  /**
   * Tries until it succeeds: a full disk must not make two ends of one. Throws what the store threw
   * when the engine closes; the next process then finds that this one died.
   */
  async #record(id: string, end: WorkloadEnd): Promise<void> {
    const { store, onProblem, closed } = this.#options
    for (;;) {
      try {
        await store.end(id, end)
        return
      } catch (error) {
        onProblem(error)
        if (closed.aborted) throw error
      }
      await delay(RECORD_AGAIN_MS, undefined, { signal: closed }).catch(() => undefined)
    }
  }
}

function ended({ workload, startedAtMs }: Ticket, end: WorkloadEnd): RunEnd['workload'] {
  return { ...workload, status: finalStatus(end.reason), startedAtMs, end }
}
