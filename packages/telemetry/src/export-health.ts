import { type ExportResult, ExportResultCode } from '@opentelemetry/core'
import type { Logger } from 'pino'

/** How long exports may fail before it is said again. */
const SAY_AGAIN_MS = 5 * 60_000

/** What an exporter sends at once. */
interface Exporter<Items> {
  export(items: Items, done: (result: ExportResult) => void): void
}

/**
 * Says when a collector does not take what is sent to it, and when it does again, with how much was
 * lost since something was said: for one that comes and goes at most two lines in five minutes.
 */
export class ExportHealth {
  readonly #logger: Logger
  readonly #signal: 'traces' | 'metrics'
  readonly #collector: string
  /** Since something was said. */
  #lost = 0
  #saidAtMs = -SAY_AGAIN_MS
  #isSaidToFail = false

  constructor(logger: Logger, signal: 'traces' | 'metrics', url: string) {
    this.#logger = logger
    this.#signal = signal
    // Without what may be a password.
    this.#collector = new URL(url).origin
  }

  /** Watches every export of `exporter`; `countOf` says how many items there are in one. */
  watch<Items>(exporter: Exporter<Items>, countOf: (items: Items) => number): void {
    const send = exporter.export.bind(exporter)
    exporter.export = (items, done) => {
      send(items, (result) => {
        if (result.code === ExportResultCode.SUCCESS) this.#succeeded()
        else this.#failed(countOf(items), result.error)
        done(result)
      })
    }
  }

  #failed(count: number, error: Error | undefined): void {
    this.#lost += count
    const nowMs = performance.now()
    if (nowMs - this.#saidAtMs < SAY_AGAIN_MS) return
    this.#saidAtMs = nowMs
    this.#isSaidToFail = true
    const problem = wordsOf(error)
    this.#logger.warn({ ...this.#fields(), problem }, 'a collector does not take telemetry')
    this.#lost = 0
  }

  #succeeded(): void {
    if (!this.#isSaidToFail) return
    this.#isSaidToFail = false
    this.#logger.info(this.#fields(), 'the collector takes telemetry again')
    this.#lost = 0
  }

  #fields() {
    return { signal: this.#signal, collector: this.#collector, lost: this.#lost }
  }
}

/** A refused connection to several addresses has no words of its own, only a code. */
function wordsOf(error: Error | undefined): string {
  if (error === undefined) return 'unknown'
  const code = 'code' in error ? String(error.code) : ''
  return error.message || code || error.name
}
