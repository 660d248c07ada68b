/**
 * Waits for a promise, or for the signal if that comes first: then throws the signal's reason. The
 * promise goes on by itself, and what it rejects with later is nobody's concern.
 */
export async function orAborted<Result>(
  promise: Result | Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
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
