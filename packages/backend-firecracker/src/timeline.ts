import type { ExecuteOptions } from '@vulcan/backend'
import type { Phase } from '@vulcan/schema'
import type { Journal } from './lifecycle/journal.ts'

/** When each phase of one workload began, written down and announced as it begins. */
export class Timeline {
  readonly #startedAtMs = performance.now()
  readonly #phases: { phase: Phase; atMs: number }[] = []
  readonly #onEvent: ExecuteOptions['onEvent']
  readonly #journal: Pick<Journal, 'entered'>

  constructor(onEvent: ExecuteOptions['onEvent'], journal: Pick<Journal, 'entered'>) {
    this.#onEvent = onEvent
    this.#journal = journal
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

  async enter(phase: Phase): Promise<void> {
    const atMs = this.elapsedMs()
    this.#phases.push({ phase, atMs })
    this.#journal.entered(phase)
    await this.#onEvent?.({ type: 'phase', phase, atMs })
  }
}
