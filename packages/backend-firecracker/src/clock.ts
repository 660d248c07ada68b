/** A deadline that can be set anew; `signal` aborts with the reason that was given last. */
export class Clock implements Disposable {
  readonly #controller = new AbortController()
  #timer: NodeJS.Timeout | undefined

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  restart(deadlineMs: number, late: Error): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#controller.abort(late), deadlineMs)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }
}
