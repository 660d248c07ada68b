import { availableParallelism } from 'node:os'

/** For so long at most the machine is left to workloads. */
const PATIENCE_MS = 5_000
/** Where a workload found no room, nothing is begun for so long. */
const FULL_MS = 60_000
/** With fewer workloads than this nobody misses the processors that a start takes. */
const WORKLOADS_MAX = Math.max(1, Math.floor(availableParallelism() / 2))

/** Lets workloads go first, but not forever: a host that is always busy would have no pool. */
export class Yielding implements Disposable {
  readonly #atWork: () => number
  readonly #onOver: () => void
  #waiting: NodeJS.Timeout | undefined
  #isOver = false
  #fullUntilMs = 0

  /** `onOver` is called when patience is over, and the next start may go. */
  constructor(atWork: () => number, onOver: () => void) {
    this.#atWork = atWork
    this.#onOver = onOver
  }

  /** Whether a start may go now. If not, patience begins to run out. */
  mayGo(): boolean {
    if (performance.now() < this.#fullUntilMs) return false
    if (this.#isOver || this.#atWork() < WORKLOADS_MAX) return true
    this.#waiting ??= setTimeout(() => {
      this.#isOver = true
      this.#onOver()
    }, PATIENCE_MS).unref()
    return false
  }

  /** A start has gone: patience is new. */
  went(): void {
    clearTimeout(this.#waiting)
    this.#waiting = undefined
    this.#isOver = false
  }

  /** A workload found no room: what is ended for it is not to be replaced at once. */
  full(): void {
    this.#fullUntilMs = performance.now() + FULL_MS
  }

  [Symbol.dispose](): void {
    this.went()
  }
}
