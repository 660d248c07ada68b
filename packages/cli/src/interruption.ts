const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Turns the signals that ask this process to end into an abort, so that the VM is ended and
 * released first. So does a reader of our output that went away.
 */
export class Interruption implements Disposable {
  readonly #controller = new AbortController()
  readonly #abort = () => this.#controller.abort()

  constructor() {
    for (const name of SIGNALS) process.on(name, this.#abort)
    process.stdout.on('error', this.#abort)
    process.stderr.on('error', this.#abort)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  [Symbol.dispose](): void {
    for (const name of SIGNALS) process.off(name, this.#abort)
  }
}
