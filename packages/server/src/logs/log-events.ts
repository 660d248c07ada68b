import type { Engine, RecordedEvent } from '@vulcan/engine'
import type { OutputStream } from '@vulcan/schema'

/** Which part of a workload's logs a reader wants. */
export interface LogSelection {
  readonly workloadId: string
  /** Undefined: both, and what is not output, too. */
  readonly stream: OutputStream | undefined
  /** Goes on after this record; undefined: from the first. */
  readonly after: number | undefined
  /** Whether to go on until the workload has ended. */
  readonly follow: boolean
  /** Ends the stream, without the mark that it is complete. */
  readonly signal: AbortSignal
  /** How often a silent stream says that it is alive. */
  readonly heartbeatMs: number
}

/** What a log is made of: an event; null when there was none for a while. */
type Beat = RecordedEvent | null

/**
 * The events of a workload with heartbeats between them. Nothing is read ahead. Throws as
 * `Engine.events`, the signal's reason among others.
 */
export async function* logEvents(
  engine: Engine,
  { workloadId, follow, signal, heartbeatMs }: LogSelection,
  afterSeq: number,
): AsyncGenerator<Beat, void, undefined> {
  const events = engine.events(workloadId, { afterSeq, follow, signal })
  for (;;) {
    const next = events.next()
    while (follow && (await isLate(next, heartbeatMs))) yield null
    const { done, value } = await next
    if (done) return
    yield value
  }
}

/** Whether it takes longer than this; a failure is for whoever awaits it. */
async function isLate(next: Promise<unknown>, ms: number): Promise<boolean> {
  const late = Promise.withResolvers<true>()
  const timer = setTimeout(late.resolve, ms, true)
  const settled = next.then(
    () => false,
    () => false,
  )
  try {
    return await Promise.race([settled, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
