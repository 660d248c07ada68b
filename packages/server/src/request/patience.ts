import type { ServerResponse } from 'node:http'

export interface PatienceLimits {
  /** Aborts when the server closes. */
  readonly closing: AbortSignal
  /** Absent: as long as the client stays. */
  readonly ms?: number
}

/** How long an answer may wait: until the client is gone, the server closes, or the time is up. */
export class Patience implements Disposable {
  readonly #end = new AbortController()
  readonly #held = new DisposableStack()

  constructor(response: ServerResponse, { closing, ms }: PatienceLimits) {
    const end = () => this.#end.abort()
    if (response.destroyed || closing.aborted) end()
    response.once('close', end)
    closing.addEventListener('abort', end, { once: true })
    this.#held.defer(() => {
      response.off('close', end)
      closing.removeEventListener('abort', end)
    })
    if (ms !== undefined) this.#held.adopt(setTimeout(end, ms), clearTimeout)
  }

  get signal(): AbortSignal {
    return this.#end.signal
  }

  [Symbol.dispose](): void {
    this.#held.dispose()
  }
}
