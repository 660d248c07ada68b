import { HttpProblem } from '../http-problem.ts'

const RETRY_AFTER_S = 10

/** How many answers of each owner follow logs. */
export class ReaderLimit {
  readonly #max: number
  readonly #readers = new Map<string, number>()

  constructor(max: number) {
    this.#max = max
  }

  /** Disposing gives the place back. Throws `HttpProblem` `quota_exceeded`. */
  take(owner: string): Disposable {
    const readers = this.#readers.get(owner) ?? 0
    if (readers >= this.#max) {
      throw new HttpProblem(
        'quota_exceeded',
        `${this.#max} readers of this key follow logs already: close one of them`,
        { retryAfterS: RETRY_AFTER_S },
      )
    }
    this.#readers.set(owner, readers + 1)
    const held = new DisposableStack()
    held.defer(() => this.#giveBack(owner))
    return held
  }

  #giveBack(owner: string): void {
    const left = (this.#readers.get(owner) ?? 0) - 1
    if (left > 0) this.#readers.set(owner, left)
    else this.#readers.delete(owner)
  }
}
