import { DeadlineError } from './errors.ts'

/**
 * A signal that aborts with `signal`, or with a `DeadlineError` after `deadlineMs`. Disposing frees
 * the timer.
 */
export function withDeadline(
  what: string,
  deadlineMs: number,
  signals: readonly AbortSignal[] = [],
): Disposable & { readonly signal: AbortSignal } {
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(new DeadlineError(what, deadlineMs)), deadlineMs)
  return {
    signal: AbortSignal.any([deadline.signal, ...signals]),
    [Symbol.dispose]: () => clearTimeout(timer),
  }
}

/** Resolves with the signal's reason when it aborts. */
export async function whenAborted(signal: AbortSignal): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  signal.addEventListener('abort', () => resolve(signal.reason), { once: true })
  if (signal.aborted) resolve(signal.reason)
  return promise
}
