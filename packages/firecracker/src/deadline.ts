/** The reason of a signal whose time is up. */
export class DeadlinePassed extends Error {
  constructor(deadlineMs: number) {
    super(`deadline of ${deadlineMs} ms passed`)
    this.name = 'DeadlinePassed'
  }
}

/**
 * A signal that aborts with `DeadlinePassed` after `deadlineMs`, or with the caller's reason when
 * `signal` aborts. Disposing frees the timer.
 */
export function startDeadline(
  deadlineMs: number,
  signal?: AbortSignal,
): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController()
  const abort = () => controller.abort(signal?.reason)
  const timer = setTimeout(() => controller.abort(new DeadlinePassed(deadlineMs)), deadlineMs)
  if (signal?.aborted === true) abort()
  signal?.addEventListener('abort', abort, { once: true })
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    },
  }
}
