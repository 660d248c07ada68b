import { KEYS_KEPT_MS } from './idempotency.ts'
import type { Store } from './store.ts'

export interface RetentionLimits {
  /** How long a workload is kept after its end. */
  readonly maxAgeMs: number
  /** How many are kept, those that have not ended among them. */
  readonly maxWorkloads: number
}

export const DEFAULT_RETENTION: RetentionLimits = {
  maxAgeMs: 7 * 24 * 3_600_000,
  maxWorkloads: 100_000,
}

const PRUNE_EVERY_MS = 60_000
/** At once, so that others get their turn in between. */
const PRUNED_AT_ONCE = 100

/**
 * Deletes now and every minute what need not be kept any more. Disposing waits for the end of what
 * goes on.
 */
export function pruneRegularly(
  store: Pick<Store, 'prune' | 'forgetKeys'>,
  { maxAgeMs, maxWorkloads }: RetentionLimits,
  onProblem: (error: unknown) => void,
): AsyncDisposable {
  const stopped = new AbortController()
  const prune = async () => {
    let removed = PRUNED_AT_ONCE
    while (removed === PRUNED_AT_ONCE && !stopped.signal.aborted) {
      const endedBeforeMs = Date.now() - maxAgeMs
      removed = await store.prune({ endedBeforeMs, keep: maxWorkloads, atMost: PRUNED_AT_ONCE })
    }
    let forgotten = PRUNED_AT_ONCE
    while (forgotten === PRUNED_AT_ONCE && !stopped.signal.aborted) {
      const beforeMs = Date.now() - KEYS_KEPT_MS
      forgotten = await store.forgetKeys({ beforeMs, atMost: PRUNED_AT_ONCE })
    }
  }
  let running = prune().catch(onProblem)
  const timer = setInterval(() => {
    running = running.then(prune).catch(onProblem)
  }, PRUNE_EVERY_MS).unref()
  return {
    async [Symbol.asyncDispose]() {
      stopped.abort()
      clearInterval(timer)
      await running
    },
  }
}
