import type { Logger } from 'pino'

/** How long the same thing is not said again. */
const SAY_AGAIN_MS = 5 * 60_000

/** What can go wrong here without anybody waiting for it. */
type Subject =
  | 'a measurement failed'
  | 'a gauge could not be read'
  | 'telemetry could not be flushed'

/** Problems of telemetry itself: they stop nobody, and fill no log. */
export class Complaints {
  readonly #logger: Logger
  readonly #saidAtMs = new Map<Subject, number>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  about(subject: Subject, error: unknown): void {
    const nowMs = performance.now()
    const saidAtMs = this.#saidAtMs.get(subject)
    if (saidAtMs !== undefined && nowMs - saidAtMs < SAY_AGAIN_MS) return
    this.#saidAtMs.set(subject, nowMs)
    this.#logger.warn({ err: error }, subject)
  }
}
