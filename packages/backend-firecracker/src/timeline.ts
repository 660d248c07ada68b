import type { ExecuteOptions } from '@vulcan/backend'
import { orAborted } from '@vulcan/firecracker'
import type { Phase } from '@vulcan/schema'
import type { Journal } from './lifecycle/journal.ts'

/** When each phase of one workload began, written down and announced as it begins. */
export class Timeline {
  readonly #startedAtMs: number
  readonly #phases: { phase: Phase; atMs: number }[] = []
  readonly #onEvent: ExecuteOptions['onEvent']
  readonly #journal: Pick<Journal, 'entered'>
  readonly #signal: AbortSignal

  /** `startedAtMs` is of the same clock as `performance.now`. */
  constructor(
    { onEvent, signal }: Pick<ExecuteOptions, 'onEvent' | 'signal'>,
    journal: Pick<Journal, 'entered'>,
    startedAtMs = performance.now(),
  ) {
    this.#startedAtMs = startedAtMs
    this.#onEvent = onEvent
    this.#journal = journal
    this.#signal = signal
  }

  get current(): Phase | undefined {
    return this.#phases.at(-1)?.phase
  }

  get phases(): readonly { phase: Phase; atMs: number }[] {
    return this.#phases
  }

  elapsedMs(): number {
    return Math.round(performance.now() - this.#startedAtMs)
  }

  /** Whoever is told may take its time, but not longer than `signal` gives. Throws its reason. */
  async enter(phase: Phase, signal = this.#signal): Promise<void> {
    const atMs = this.elapsedMs()
    this.#phases.push({ phase, atMs })
    this.#journal.entered(phase)
    const told = this.#onEvent?.({ type: 'phase', phase, atMs })
    if (told !== undefined) await orAborted(told, signal)
  }
}
