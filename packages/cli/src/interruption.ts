import { once } from 'node:events'
import { OUTCOMES } from '@vulcan/schema'

/** Of a command that was interrupted. */
export const EXIT_INTERRUPTED = OUTCOMES.killed.cliExitCode

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Turns the signals that ask this process to end into an abort, so that the VM is ended and
 * released first. So does a reader of our output that went away.
 */
export class Interruption implements Disposable {
  readonly #controller = new AbortController()
  readonly #abort = () => this.#controller.abort()
  readonly #onSignal = () => {
    if (this.signal.aborted) this.#actAtSecond()
    this.#abort()
  }
  #actAtSecond: () => void = () => undefined

  constructor() {
    for (const name of SIGNALS) process.on(name, this.#onSignal)
    process.stdout.on('error', this.#abort)
    process.stderr.on('error', this.#abort)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Resolves at the first signal. */
  async happened(): Promise<void> {
    if (!this.signal.aborted) await once(this.signal, 'abort')
  }

  /** What to do when somebody who has asked asks again. */
  atSecondSignal(act: () => void): void {
    this.#actAtSecond = act
  }

  [Symbol.dispose](): void {
    for (const name of SIGNALS) process.off(name, this.#onSignal)
  }
}
