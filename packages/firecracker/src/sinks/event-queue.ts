/**
 * What waits between a writer that cannot be slowed down and a reader who may be slow: the newest
 * `keptMax` values, and how many were dropped before them.
 */
export class EventQueue<Value> {
  readonly #keptMax: number
  readonly #values: Value[] = []
  #dropped = 0
  #ended = false
  #error: unknown
  #wake: (() => void) | undefined

  constructor(keptMax: number) {
    this.#keptMax = keptMax
  }

  push(value: Value): void {
    if (this.#ended) return
    this.#values.push(value)
    if (this.#values.length > this.#keptMax) {
      this.#values.shift()
      this.#dropped += 1
    }
    this.#wake?.()
  }

  /** What is kept can still be taken; then `error`, if there is one, is thrown. */
  end(error?: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#error = error
    this.#wake?.()
  }

  /** For one reader. */
  async *take(): AsyncGenerator<Value | { readonly dropped: number }> {
    for (;;) {
      if (this.#dropped > 0) {
        const dropped = this.#dropped
        this.#dropped = 0
        yield { dropped }
      }
      const value = this.#values.shift()
      if (value !== undefined) yield value
      else if (this.#ended) break
      else await this.#somethingNew()
    }
    if (this.#error !== undefined) throw this.#error
  }

  #somethingNew(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    return promise
  }
}
