/**
 * Waits for a promise, or for the signal if that comes first: then throws the signal's reason. The
 * promise goes on by itself, and what it rejects with later is nobody's concern; for callbacks of
 * others, which take no signal.
 */
export async function abortable<T>(promise: T | Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([aborted, promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
