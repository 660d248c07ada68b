import { BackendError } from '@vulcan/backend'

/** A workload that holds something: it runs, or its release has not ended. */
interface Entry {
  readonly abort: AbortController
  /** Resolves when nothing is held any more. */
  readonly released: PromiseWithResolvers<void>
}

/** Which workloads hold something, from the call of `execute` to the end of their release. */
export class Tracker {
  readonly #entries = new Map<string, Entry>()
  readonly #max: number
  #closed = false

  constructor(max: number) {
    this.#max = max
  }

  /**
   * Takes a workload in; the signal says when it is to be ended. Throws `BackendError` `shutdown`,
   * `no_capacity`, or `invalid_request` for an id that is in use.
   */
  enter(workloadId: string): AbortSignal {
    if (this.#closed)
      throw new BackendError('shutdown', 'this host takes no new work: it is shutting down')
    if (this.#entries.has(workloadId)) {
      throw new BackendError(
        'invalid_request',
        `a workload with id ${workloadId} is running already`,
      )
    }
    if (this.#entries.size >= this.#max) {
      throw new BackendError(
        'no_capacity',
        `all ${this.#max} VMs of this host are in use: wait, or raise VULCAN_FC_MAX_CONCURRENT_VMS`,
      )
    }
    const abort = new AbortController()
    this.#entries.set(workloadId, { abort, released: Promise.withResolvers() })
    return abort.signal
  }

  /** How many workloads hold something. */
  get size(): number {
    return this.#entries.size
  }

  has(workloadId: string): boolean {
    return this.#entries.has(workloadId)
  }

  /** To be called when a workload holds nothing any more. */
  leave(workloadId: string): void {
    this.#entries.get(workloadId)?.released.resolve()
    this.#entries.delete(workloadId)
  }

  /** Ends a workload, in whatever phase, and waits until it holds nothing. */
  async end(workloadId: string): Promise<void> {
    const entry = this.#entries.get(workloadId)
    entry?.abort.abort()
    await entry?.released.promise
  }

  endAll(): void {
    for (const { abort } of this.#entries.values()) abort.abort()
  }

  async idle(): Promise<void> {
    await Promise.all([...this.#entries.values()].map(({ released }) => released.promise))
  }

  /** From now on `enter` refuses. */
  close(): void {
    this.#closed = true
  }
}
