/** As a shell says it of a program that ended at Ctrl-C. */
export const EXIT_INTERRUPTED = 130

/** Aborts at a signal that ends the benchmark, which then ends all that it started. */
export function untilInterrupted(): AbortSignal {
  const interruption = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => interruption.abort(new Error(`stopped by ${name}`)))
  }
  return interruption.signal
}
