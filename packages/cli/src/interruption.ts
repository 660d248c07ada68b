const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const EXIT_INTERRUPTED = 130

/**
 * Turns the signals that ask this process to end into an abort, so that the VM is ended and
 * released first. So does a reader of our output that went away.
 */
export class Interruption implements Disposable {
  readonly #controller = new AbortController()
  readonly #abort = () => this.#controller.abort()
  readonly #onSignal = () => {
    if (this.#mayLeave && this.signal.aborted) process.exit(EXIT_INTERRUPTED)
    this.#abort()
  }
  #mayLeave = false

  constructor() {
    for (const name of SIGNALS) process.on(name, this.#onSignal)
    process.stdout.on('error', this.#abort)
    process.stderr.on('error', this.#abort)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** From now on a second signal ends this process at once: it holds nothing that must be released. */
  permitLeaving(): void {
    this.#mayLeave = true
  }

  [Symbol.dispose](): void {
    for (const name of SIGNALS) process.off(name, this.#onSignal)
  }
}
