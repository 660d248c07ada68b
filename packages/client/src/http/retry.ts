import { ApiError, ConnectionError } from '../errors.ts'

/** Beside the first. */
export const RETRIES_MAX = 4
const FIRST_PAUSE_MS = 200
const PAUSE_MS_MAX = 5_000
/** Who is asked to come back later than this is told so instead. */
const RETRY_AFTER_S_MAX = 30
/** What stands between us and the server may have lost it for a moment. */
const GATEWAY_STATUSES = [502, 503, 504]

/**
 * Tries again what may be done twice: after a pause that doubles, or the one that the server asks
 * for. `attempt` gets how often it was tried before. Throws what the last attempt threw.
 */
export async function retrying<T>(
  attempt: (earlier: number) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  for (let earlier = 0; ; earlier += 1) {
    try {
      return await attempt(earlier)
    } catch (error) {
      const waitMs = pauseBefore(error, earlier)
      if (waitMs === undefined || earlier === RETRIES_MAX) throw error
      await pause(waitMs, signal)
    }
  }
}

/** Random, so that not all clients come back at once. */
function backOffMs(earlier: number): number {
  const mostMs = Math.min(PAUSE_MS_MAX, FIRST_PAUSE_MS * 2 ** earlier)
  return mostMs * (0.5 + Math.random() / 2)
}

/** Rejects with the signal's reason. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const abort = () => reject(signal?.reason)
  const timer = setTimeout(resolve, ms)
  signal?.addEventListener('abort', abort, { once: true })
  try {
    await promise
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

/**
 * How long to wait after this error, before which nothing came of `earlier` attempts. Undefined:
 * trying again would not help. A server's refusal passes when it says when.
 */
export function pauseBefore(error: unknown, earlier: number): number | undefined {
  if (error instanceof ConnectionError) {
    const isLasting = error.code === 'redirected' || error.code === 'answer_invalid'
    return isLasting ? undefined : backOffMs(earlier)
  }
  if (!(error instanceof ApiError)) return undefined
  const { code, status, retryAfterS } = error
  if (retryAfterS !== undefined) {
    return retryAfterS > RETRY_AFTER_S_MAX ? undefined : Math.max(retryAfterS * 1000, backOffMs(0))
  }
  const isOurFirst = code === 'idempotency_in_use'
  const isGateway = code === 'unrecognized' && GATEWAY_STATUSES.includes(status)
  return isOurFirst || isGateway ? backOffMs(earlier) : undefined
}
