import type { OutputStream, Phase } from '@vulcan/schema'

/** What happened to a workload, before it has its place in the record. */
export type NewEvent =
  | { readonly type: 'phase'; readonly phase: Phase; readonly sinceStartMs: number }
  | { readonly type: 'output'; readonly stream: OutputStream; readonly bytes: Uint8Array }

/** One event as it is stored. `seq` counts from 0 in each workload, without a gap. */
export type RecordedEvent = NewEvent & {
  readonly seq: number
  /** Wall clock, when it was recorded. */
  readonly atMs: number
}

/** Events of one workload that follow on each other; `firstSeq` is that of the first. */
export interface EventBatch {
  readonly workloadId: string
  readonly firstSeq: number
  readonly atMs: number
  readonly events: readonly NewEvent[]
}

/** What a store gives of a workload's events at once. */
export interface EventPage {
  readonly events: readonly RecordedEvent[]
  /** Whether there were no more when it was read. */
  readonly isLast: boolean
}

/** About how much a store gives of a workload's events at once. */
export const EVENT_PAGE_BYTES = 256 * 1024

/** What an event weighs in memory and on disk, roughly: its bytes, and what goes with them. */
export function weightOf(event: NewEvent): number {
  return 64 + (event.type === 'output' ? event.bytes.byteLength : 0)
}
