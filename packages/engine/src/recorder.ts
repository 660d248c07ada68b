import type { OutputStream, WorkloadEnd, WorkloadEvent } from '@vulcan/schema'
import { NOTHING_TRUNCATED, OutputBudget, type OutputLimits } from './output-budget.ts'
import { type EventBatch, type NewEvent, weightOf } from './recorded-event.ts'
import type { Store } from './store.ts'

/** How long an event may wait for others, so that they are written together. */
const WRITE_AFTER_MS = 25
/** With this much that is not stored yet a program that writes has to wait. */
const UNSTORED_BYTES_MAX = 1024 * 1024
/** Neighbours of one stream are joined up to this size. */
const JOINED_BYTES_MAX = 32 * 1024
const BATCH_BYTES_MAX = 256 * 1024

/** The record of one workload that runs. */
interface Track {
  readonly budget: OutputBudget
  nextSeq: number
  waiting: NewEvent[]
  /** Why its events could not be stored. */
  failure: unknown
}

export interface RecorderOptions {
  readonly store: Pick<Store, 'append'>
  /** New events of a workload are in the store. */
  readonly onStored: (workloadId: string) => void
  readonly onOutput: (
    workloadId: string,
    stream: OutputStream,
    recordedBytes: number,
    droppedBytes: number,
  ) => void
}

/**
 * Writes events to the store in batches, all workloads' together. Readers read the store alone, so
 * history and what is live are one sequence, and a slow reader holds nothing in memory.
 */
export class Recorder {
  readonly #options: RecorderOptions
  readonly #tracks = new Map<string, Track>()
  /** Of events that wait or are being written. */
  #unstoredBytes = 0
  #timer: NodeJS.Timeout | undefined
  /** Settles with the latest write; one goes after the other. */
  #written: Promise<void> = Promise.resolve()

  constructor(options: RecorderOptions) {
    this.#options = options
  }

  begin(workloadId: string, limits: OutputLimits): void {
    const budget = new OutputBudget(limits)
    this.#tracks.set(workloadId, { budget, nextSeq: 0, waiting: [], failure: undefined })
  }

  /**
   * Takes an event; what it returns is to be awaited before the next one. Output beyond the limits is
   * dropped. Throws what the store threw.
   */
  record(workloadId: string, event: WorkloadEvent): Promise<void> | undefined {
    const track = this.#tracks.get(workloadId)
    if (track === undefined) return undefined
    if (track.failure !== undefined) throw track.failure
    const taken = this.#withinBudget(workloadId, track.budget, event)
    if (taken === undefined) return undefined
    track.waiting.push(taken)
    this.#unstoredBytes += weightOf(taken)
    if (this.#unstoredBytes >= UNSTORED_BYTES_MAX) return this.#write()
    this.#timer ??= setTimeout(() => void this.#write(), WRITE_AFTER_MS)
    return undefined
  }

  /**
   * Writes what waits; later events are dropped. Resolves with what the program wrote too much of, as
   * far as it was recorded at all. Throws what the store threw for any of its events.
   */
  async finish(workloadId: string): Promise<WorkloadEnd['truncated']> {
    const track = this.#tracks.get(workloadId)
    if (track === undefined) return NOTHING_TRUNCATED
    await (track.waiting.length > 0 ? this.#write() : this.#written)
    this.#tracks.delete(workloadId)
    if (track.failure !== undefined) throw track.failure
    return track.budget.truncated
  }

  #withinBudget(
    workloadId: string,
    budget: OutputBudget,
    event: WorkloadEvent,
  ): NewEvent | undefined {
    if (event.type === 'phase') {
      return { type: 'phase', phase: event.phase, sinceStartMs: event.atMs }
    }
    const { stream, bytes } = event
    const taken = budget.take(stream, bytes.byteLength)
    this.#options.onOutput(workloadId, stream, taken, bytes.byteLength - taken)
    if (taken === 0) return undefined
    // Copied: whose bytes they are may use their memory again.
    return { type: 'output', stream, bytes: Uint8Array.from(bytes.subarray(0, taken)) }
  }

  /** Never rejects: whose events could not be stored is told so. */
  #write(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const taken = [...this.#tracks].flatMap(([workloadId, track]) => {
      if (track.waiting.length === 0) return []
      const bytes = track.waiting.reduce((sum, event) => sum + weightOf(event), 0)
      const batches = toBatches(workloadId, track.nextSeq, joined(track.waiting))
      track.waiting = []
      track.nextSeq = batches.reduce((seq, { events }) => seq + events.length, track.nextSeq)
      return [{ workloadId, track, batches, bytes }]
    })
    this.#written = this.#written.then(async () => {
      try {
        await this.#options.store.append(taken.flatMap(({ batches }) => batches))
      } catch (error) {
        for (const { track } of taken) track.failure = error
        return
      } finally {
        for (const { bytes } of taken) this.#unstoredBytes -= bytes
      }
      for (const { workloadId } of taken) this.#options.onStored(workloadId)
    })
    return this.#written
  }
}

/** A program that prints words one by one is recorded by what it printed, not by how. */
function joined(events: readonly NewEvent[]): NewEvent[] {
  const runs: NewEvent[][] = []
  let runBytes = 0
  for (const event of events) {
    const last = runs.at(-1)?.[0]
    const bytes = event.type === 'output' ? event.bytes.byteLength : 0
    const continues =
      event.type === 'output' &&
      last?.type === 'output' &&
      last.stream === event.stream &&
      runBytes + bytes <= JOINED_BYTES_MAX
    if (continues) runs.at(-1)?.push(event)
    else runs.push([event])
    runBytes = continues ? runBytes + bytes : bytes
  }
  return runs.flatMap(joinRun)
}

function joinRun(run: readonly NewEvent[]): NewEvent[] {
  const [first] = run
  if (first?.type !== 'output' || run.length === 1) return [...run]
  const parts = run.flatMap((event) => (event.type === 'output' ? [event.bytes] : []))
  return [{ ...first, bytes: Buffer.concat(parts) }]
}

function toBatches(workloadId: string, nextSeq: number, events: readonly NewEvent[]): EventBatch[] {
  const atMs = Date.now()
  const groups: NewEvent[][] = []
  let bytes = BATCH_BYTES_MAX
  for (const event of events) {
    if (bytes >= BATCH_BYTES_MAX) {
      groups.push([])
      bytes = 0
    }
    groups.at(-1)?.push(event)
    bytes += weightOf(event)
  }
  let firstSeq = nextSeq
  return groups.map((group) => {
    const batch = { workloadId, firstSeq, atMs, events: group }
    firstSeq += group.length
    return batch
  })
}
