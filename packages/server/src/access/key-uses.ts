import type { KeyStore } from './key-store.ts'

const WRITE_EVERY_MS = 60_000

/**
 * Which keys were used, written once a minute for all of them: a request is not to wait for the disk.
 * What the last minute before a sudden death used is lost.
 */
export class KeyUses implements Disposable {
  readonly #keys: KeyStore
  readonly #onProblem: (error: unknown) => void
  readonly #timer: NodeJS.Timeout
  /** By id; keys that exist, so there are not many. */
  #usedAtMs = new Map<string, number>()

  constructor(keys: KeyStore, onProblem: (error: unknown) => void) {
    this.#keys = keys
    this.#onProblem = onProblem
    this.#timer = setInterval(() => this.#write(), WRITE_EVERY_MS).unref()
  }

  note(id: string): void {
    this.#usedAtMs.set(id, Date.now())
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#write()
  }

  #write(): void {
    if (this.#usedAtMs.size === 0) return
    const uses = this.#usedAtMs
    this.#usedAtMs = new Map()
    try {
      this.#keys.recordUses(uses)
    } catch (error) {
      // That a disk is full must not lock callers out.
      this.#onProblem(error)
    }
  }
}
