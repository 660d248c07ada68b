import { ROOT_CONTEXT, type Tracer } from '@opentelemetry/api'
import type { EngineWatcher } from '@vulcan/engine'
import {
  finalStatus,
  type OutputStream,
  type Phase,
  Reason,
  RUNTIMES,
  type Workload,
  type WorkloadEnd,
} from '@vulcan/schema'
import type { Logger } from 'pino'
import { contexts, REQUEST_ID } from './context.ts'
import { WORKLOAD_STATES } from './instruments.ts'
import type { Meters } from './meters.ts'
import { type OpenWorkload, OpenWorkloads } from './open-workloads.ts'
import { WorkloadTrace } from './workload-trace.ts'

export interface WorkloadWatcherOptions {
  readonly meters: Meters
  readonly tracer: Tracer
  readonly logger: Logger
  /** Workloads whose spans are open at once. */
  readonly openMax: number
}

/** Measures workloads, traces them, and writes one line for each that ends. */
export class WorkloadWatcher implements EngineWatcher, Disposable {
  readonly #meters: Meters
  readonly #tracer: Tracer
  readonly #logger: Logger
  readonly #open: OpenWorkloads

  constructor({ meters, tracer, logger, openMax }: WorkloadWatcherOptions) {
    this.#meters = meters
    this.#tracer = tracer
    this.#logger = logger
    this.#open = new OpenWorkloads(meters, openMax)
    beginAtZero(meters)
  }

  accepted(workload: Workload): void {
    const { id, runtime } = workload
    this.#meters.add('vulcan.workload.submitted', 1, { runtime })
    this.#begin(id, workload).trace.enter('queue')
  }

  started(workload: Workload, waitedMs: number): void {
    const { id, runtime } = workload
    this.#meters.record('vulcan.workload.queue.duration', waitedMs, { runtime })
    // One that an earlier process accepted is new here.
    const open = this.#open.get(id) ?? this.#begin(id, workload)
    this.#open.move(open, 'running')
  }

  phase(workloadId: string, phase: Phase): void {
    this.#open.get(workloadId)?.trace.enter(phase)
  }

  output(_id: string, stream: OutputStream, recordedBytes: number, droppedBytes: number): void {
    this.#meters.add('vulcan.logs.bytes', recordedBytes, { stream })
    if (droppedBytes > 0) this.#meters.add('vulcan.logs.dropped', droppedBytes, { stream })
  }

  ended(workload: Workload & { readonly end: WorkloadEnd }, totalMs: number): void {
    const { id, runtime, end } = workload
    const { reason, durationMs } = end
    const status = finalStatus(reason)
    this.#meters.add('vulcan.workload.completed', 1, { runtime, status, reason })
    if (durationMs !== null) {
      this.#meters.record('vulcan.workload.run.duration', durationMs, { runtime, reason })
    }
    const open = this.#open.get(id)
    this.#say(workload, totalMs, open)
    // Of an earlier process: nobody knows how long.
    if (open === undefined) return
    this.#meters.record('vulcan.workload.total.duration', totalMs, { runtime })
    open.trace.ended(workload)
    if (open.state !== 'running' || open.isReleased) {
      this.#open.close(id)
      return
    }
    this.#open.move(open, 'releasing')
    open.trace.enter('release')
  }

  released(workloadId: string): void {
    const open = this.#open.get(workloadId)
    if (open === undefined) return
    if (open.state === 'releasing') this.#open.close(workloadId)
    else open.isReleased = true
  }

  /** Ends all spans. */
  [Symbol.dispose](): void {
    this.#open[Symbol.dispose]()
  }

  #begin(id: string, workload: Workload): OpenWorkload {
    const submitter = contexts.active()
    const requestId = submitter.getValue(REQUEST_ID)
    const open: OpenWorkload = {
      trace: new WorkloadTrace(this.#tracer, workload, submitter),
      requestId: typeof requestId === 'string' ? requestId : undefined,
      state: 'pending',
      isReleased: false,
    }
    this.#open.add(id, open)
    return open
  }

  /** In the workload's own context: whoever frees a slot may be in that of another one. */
  #say(
    { id, runtime, end }: Workload & { readonly end: WorkloadEnd },
    totalMs: number,
    open: OpenWorkload | undefined,
  ): void {
    const line = {
      workload_id: id,
      request_id: open?.requestId,
      runtime,
      reason: end.reason,
      exit_code: end.exitCode,
      duration_ms: end.durationMs,
      total_ms: Math.round(totalMs),
    }
    contexts.with(open?.trace.context ?? ROOT_CONTEXT, () => {
      this.#logger.info(line, 'workload ended')
    })
  }
}

/** So that the first of each kind is an increase. */
function beginAtZero(meters: Meters): void {
  for (const state of WORKLOAD_STATES) meters.add('vulcan.workload.active', 0, { state })
  for (const stream of ['stdout', 'stderr'] as const) {
    meters.add('vulcan.logs.bytes', 0, { stream })
    meters.add('vulcan.logs.dropped', 0, { stream })
  }
  for (const runtime of RUNTIMES) {
    meters.add('vulcan.workload.submitted', 0, { runtime })
    for (const reason of Reason.options) {
      const status = finalStatus(reason)
      meters.add('vulcan.workload.completed', 0, { runtime, status, reason })
    }
  }
}
