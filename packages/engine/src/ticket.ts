import type { Phase, Workload, WorkloadEnd, WorkloadEvent, WorkloadResult } from '@vulcan/schema'
import type { Needs } from './slots.ts'

/** Why a workload is ended from outside. */
export type Stop = 'killed' | 'timeout' | 'shutdown'

/** What came of a workload, for whoever runs it in this process. */
export interface RunEnd {
  /** Without its arguments. */
  readonly workload: Workload & { readonly end: WorkloadEnd }
  /** What the backend gave back; undefined when it gave an error, or was never asked. */
  readonly result: WorkloadResult | undefined
  readonly failure: unknown
}

export interface Observer {
  readonly onEvent?: ((event: WorkloadEvent) => void | Promise<void>) | undefined
}

/** A workload that was accepted and has not ended: what this process holds of it. */
export class Ticket {
  readonly id: string
  readonly owner: string
  readonly priority: number
  readonly maxConcurrent: number
  readonly needs: Needs
  /** As it was accepted, without its arguments: of those that wait they would take much memory. */
  readonly workload: Workload
  /** Present for a caller in this process, who gets the events instead of the store. */
  readonly observer: Observer | undefined
  readonly phases: { phase: Phase; atMs: number }[] = []
  /** Rejects when the end could not be recorded. */
  readonly ended = Promise.withResolvers<RunEnd>()
  /** Whether it has had its turn. */
  isStarted = false
  /** Nothing more of it is heeded. */
  isOver = false
  startedAtMs: number | null = null
  readonly #abort = new AbortController()
  #acceptedAtMs = performance.now()
  #stop: Stop | undefined

  constructor(workload: Workload, observer?: Observer) {
    const { id, owner, priority, maxConcurrent, cpus, memMib } = workload
    this.id = id
    this.owner = owner
    this.priority = priority
    this.needs = { cpus, memMib }
    this.maxConcurrent = maxConcurrent ?? Number.POSITIVE_INFINITY
    this.workload = { ...workload, args: null }
    this.observer = observer
    // Not everybody waits for the end.
    this.ended.promise.catch(() => undefined)
  }

  /** It is durable. */
  accept(): void {
    this.#acceptedAtMs = performance.now()
  }

  /** By a clock that does not jump. */
  sinceAcceptedMs(): number {
    return performance.now() - this.#acceptedAtMs
  }

  /** The workload as it stands since its start. */
  running(): Workload {
    return { ...this.workload, status: 'running', startedAtMs: this.startedAtMs }
  }

  /** The first who stops it says why. */
  stop(why: Stop): void {
    this.#stop ??= why
    this.#abort.abort()
  }

  get stopped(): Stop | undefined {
    return this.#stop
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }
}
