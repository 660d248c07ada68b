import type { OutputStream, WorkloadEnd } from '@vulcan/schema'

export const DEFAULT_LOG_LIMIT_BYTES = 10 * 1024 * 1024

export const NOTHING_TRUNCATED: WorkloadEnd['truncated'] = { stdout: false, stderr: false }

export interface OutputLimits {
  /** What is recorded of each stream in any case. */
  readonly streamBytes: number
  /** Beyond that, a stream is recorded while all output of its workload is within this. */
  readonly logBytes: number
}

/** How much of one workload's output is still to be recorded. */
export class OutputBudget {
  readonly #limits: OutputLimits
  readonly #written = { stdout: 0, stderr: 0 }
  readonly #recorded = { stdout: 0, stderr: 0 }

  constructor(limits: OutputLimits) {
    this.#limits = limits
  }

  /** How many of the next bytes of a stream are to be recorded: once none, then none any more. */
  take(stream: OutputStream, bytes: number): number {
    const { streamBytes, logBytes } = this.#limits
    const { stdout, stderr } = this.#recorded
    const room = Math.max(streamBytes - this.#recorded[stream], logBytes - stdout - stderr, 0)
    const taken = Math.min(bytes, room)
    this.#written[stream] += bytes
    this.#recorded[stream] += taken
    return taken
  }

  /** Whether the program wrote more than is kept of each stream in any case. */
  get truncated(): WorkloadEnd['truncated'] {
    const { stdout, stderr } = this.#written
    const { streamBytes } = this.#limits
    return { stdout: stdout > streamBytes, stderr: stderr > streamBytes }
  }
}
