import type { WORKLOAD_STATES } from './instruments.ts'
import type { Meters } from './meters.ts'
import type { WorkloadTrace } from './workload-trace.ts'

export type WorkloadState = (typeof WORKLOAD_STATES)[number]

/** A workload that was accepted and is not released. */
export interface OpenWorkload {
  readonly trace: WorkloadTrace
  /** Of the HTTP request that submitted it. */
  readonly requestId: string | undefined
  state: WorkloadState
  /** Whether its release has ended, which can be before its end is recorded. */
  isReleased: boolean
}

/**
 * The workloads that are open, at most so many: beyond that the oldest is forgotten, since whoever
 * should have said that it ended has not. Counts them by state.
 */
export class OpenWorkloads implements Disposable {
  readonly #meters: Meters
  readonly #max: number
  readonly #open = new Map<string, OpenWorkload>()

  constructor(meters: Meters, max: number) {
    this.#meters = meters
    this.#max = max
  }

  get(id: string): OpenWorkload | undefined {
    return this.#open.get(id)
  }

  add(id: string, workload: OpenWorkload): void {
    this.close(id)
    for (const oldest of this.#open.keys()) {
      if (this.#open.size < this.#max) break
      this.close(oldest)
    }
    this.#open.set(id, workload)
    this.#count(workload, 1)
  }

  move(workload: OpenWorkload, state: WorkloadState): void {
    this.#count(workload, -1)
    workload.state = state
    this.#count(workload, 1)
  }

  /** Ends its spans and forgets it. */
  close(id: string): void {
    const workload = this.#open.get(id)
    if (workload === undefined) return
    this.#open.delete(id)
    this.#count(workload, -1)
    workload.trace.close()
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#open.keys()]) this.close(id)
  }

  #count({ state }: OpenWorkload, change: 1 | -1): void {
    this.#meters.add('vulcan.workload.active', change, { state })
  }
}
