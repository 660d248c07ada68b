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
