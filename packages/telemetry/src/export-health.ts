import { type ExportResult, ExportResultCode } from '@opentelemetry/core'
import type { Logger } from 'pino'

/** How long exports may fail before it is said again. */
const SAY_AGAIN_MS = 5 * 60_000

/** What an exporter sends at once. */
interface Exporter<Items> {
  export(items: Items, done: (result: ExportResult) => void): void
}

/**
 * Says when a collector does not take what is sent to it: at once, then every five minutes with how
 * much was lost, and when it works again.
 */
export class ExportHealth {
  readonly #logger: Logger
  readonly #signal: 'traces' | 'metrics'
  readonly #collector: string
  #lost = 0
  #lostSinceSaid = 0
  #saidAtMs: number | undefined

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
    this.#lostSinceSaid += count
    const nowMs = performance.now()
    if (this.#saidAtMs !== undefined && nowMs - this.#saidAtMs < SAY_AGAIN_MS) return
    this.#saidAtMs = nowMs
    this.#logger.warn(
      { ...this.#fields(), lost: this.#lostSinceSaid, problem: wordsOf(error) },
      'a collector does not take telemetry',
    )
    this.#lostSinceSaid = 0
  }

  #succeeded(): void {
    if (this.#saidAtMs === undefined) return
    this.#logger.info(
      { ...this.#fields(), lost: this.#lost },
      'the collector takes telemetry again',
    )
    this.#saidAtMs = undefined
    this.#lost = 0
    this.#lostSinceSaid = 0
  }

  #fields() {
    return { signal: this.#signal, collector: this.#collector }
  }
}

/** A refused connection to several addresses has no words of its own, only a code. */
function wordsOf(error: Error | undefined): string {
  if (error === undefined) return 'unknown'
  const code = 'code' in error ? String(error.code) : ''
  return error.message || code || error.name
}
