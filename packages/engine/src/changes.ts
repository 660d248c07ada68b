/** One who waits for a change. */
interface Watch extends Disposable {
  /** Resolves at the first change after the watch began; rejects with the signal's reason. */
  wait(signal: AbortSignal | undefined): Promise<void>
}

/**
 * Tells those who wait that something about a workload has changed, not what: they look themselves.
 * Whoever watches before looking misses nothing.
 */
export class Changes {
  readonly #watchers = new Map<string, Set<() => void>>()

  announce(workloadId: string): void {
    const watchers = this.#watchers.get(workloadId)
    this.#watchers.delete(workloadId)
    for (const tell of watchers ?? []) tell()
  }

  watch(workloadId: string): Watch {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const watchers = this.#watchers.get(workloadId) ?? new Set()
    this.#watchers.set(workloadId, watchers.add(resolve))
    return {
      async wait(signal) {
        const abort = () => reject(signal?.reason)
        if (signal?.aborted) abort()
        signal?.addEventListener('abort', abort, { once: true })
        try {
          await promise
        } finally {
          signal?.removeEventListener('abort', abort)
        }
      },
      [Symbol.dispose]: () => this.#forget(workloadId, resolve),
    }
  }

  #forget(workloadId: string, tell: () => void): void {
    const watchers = this.#watchers.get(workloadId)
    watchers?.delete(tell)
    if (watchers?.size === 0) this.#watchers.delete(workloadId)
  }
}
