import { ApiError, ConnectionError } from '../errors.ts'

const FIRST_PAUSE_MS = 200
const PAUSE_MS_MAX = 5_000
/** What stands between us and the server may have lost it for a moment. */
const GATEWAY_STATUSES = [502, 503, 504]

/**
 * Tries again what may be done twice. `attempt` gets how often it was tried before. Throws what the
 * last attempt threw, or the signal's reason.
 */
export async function retrying<T>(
  attempt: (earlier: number) => Promise<T>,
  { retryMs, signal }: { readonly retryMs: number; readonly signal: AbortSignal | undefined },
): Promise<T> {
  const patience = new Patience(retryMs)
  for (let earlier = 0; ; earlier += 1) {
    try {
      return await attempt(earlier)
    } catch (error) {
      await patience.pause(error, signal)
    }
  }
}

/** How long failures in a row are borne. */
export class Patience {
  readonly #retryMs: number
  #failures = 0
  #firstAtMs = 0

  constructor(retryMs: number) {
    this.#retryMs = retryMs
  }

  /** Something came of it: what fails now is a first failure again. */
  renew(): void {
    this.#failures = 0
  }

  /**
   * Waits until it is time to try again: after a pause that doubles, or the one that the server asks
   * for. Throws `error` where that would not help or take too long, or the signal's reason.
   */
  async pause(error: unknown, signal: AbortSignal | undefined): Promise<void> {
    const now = performance.now()
    if (this.#failures === 0) this.#firstAtMs = now
    const pauseMs = pauseAfter(error, this.#failures)
    if (pauseMs === undefined || now - this.#firstAtMs + pauseMs > this.#retryMs) throw error
    this.#failures += 1
    await sleep(pauseMs, signal)
  }
}

/** No time that is less than none: Node warns of it on standard error. Rejects with the signal's reason. */
export async function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const abort = () => reject(signal?.reason)
  const timer = setTimeout(resolve, Math.max(0, ms))
  signal?.addEventListener('abort', abort, { once: true })
  try {
    await promise
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

/** Undefined: trying again would not help. A refusal passes when the server says when. */
function pauseAfter(error: unknown, earlier: number): number | undefined {
  // Random, so that not all clients come back at once.
  const backOffMs =
    Math.min(PAUSE_MS_MAX, FIRST_PAUSE_MS * 2 ** earlier) * (0.5 + Math.random() / 2)
  if (error instanceof ConnectionError) {
    const isLasting = error.code === 'redirected' || error.code === 'answer_invalid'
    return isLasting ? undefined : backOffMs
  }
  if (!(error instanceof ApiError)) return undefined
  const { code, status, retryAfterS } = error
  if (retryAfterS !== undefined) return Math.max(retryAfterS * 1000, backOffMs)
  const isOurFirst = code === 'idempotency_in_use'
  const isGateway = code === 'unrecognized' && GATEWAY_STATUSES.includes(status)
  return isOurFirst || isGateway ? backOffMs : undefined
}
