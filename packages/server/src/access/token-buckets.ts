const MINUTE_MS = 60_000
/** Below what sums of fractions can be off by. */
const ROUNDING_MS = 0.001

export interface TokenBucketsOptions {
  /** How many names are known at once; beyond, whoever took none for the longest time is forgotten. */
  readonly namesMax: number
  /** A clock that does not jump. */
  readonly nowMs?: () => number
}

/**
 * A token bucket for each name, which holds what a minute brings. A bucket is kept as the time at which
 * it will be full again (the generic cell rate algorithm, ITU-T I.371), so there is nothing to refill.
 */
export class TokenBuckets {
  readonly #namesMax: number
  readonly #nowMs: () => number
  /** In the order of their last token. */
  readonly #fullAtMs = new Map<string, number>()

  constructor({ namesMax, nowMs = () => performance.now() }: TokenBucketsOptions) {
    this.#namesMax = namesMax
    this.#nowMs = nowMs
  }

  /** Takes a token and gives 0; or takes none and gives the milliseconds until there is one. */
  take(name: string, perMinute: number): number {
    const nowMs = this.#nowMs()
    const fullAtMs = Math.max(nowMs, this.#fullAtMs.get(name) ?? 0) + MINUTE_MS / perMinute
    const waitMs = fullAtMs - nowMs - MINUTE_MS
    if (waitMs > ROUNDING_MS) return waitMs
    this.#fullAtMs.delete(name)
    this.#fullAtMs.set(name, fullAtMs)
    this.#forget(nowMs)
    return 0
  }

  /** A full bucket says no more than none. */
  #forget(nowMs: number): void {
    for (const [name, fullAtMs] of this.#fullAtMs) {
      if (this.#fullAtMs.size <= this.#namesMax && fullAtMs > nowMs) return
      this.#fullAtMs.delete(name)
    }
  }
}
