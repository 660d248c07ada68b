import { type Context, type Span, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import { AnchoredClock } from '@opentelemetry/core'
import type { Phase, Workload, WorkloadEnd } from '@vulcan/schema'

/** The part of a workload's life that goes on now. */
type Stage = 'queue' | Phase | 'release'

/**
 * The spans of one workload: one for all of it, under whoever submitted it, and in it one for each
 * stage, of which one at a time is open. What of a workload comes from its user (code, environment,
 * arguments, output, words for its end) is in none.
 */
export class WorkloadTrace {
  /** In which what belongs to the workload happens. */
  readonly context: Context
  readonly #tracer: Tracer
  /** One for all spans, so that a stage begins where the one before ends, and none jumps. */
  readonly #clock = new AnchoredClock(Date, performance)
  readonly #whole: Span
  #stage: Span | undefined

  constructor(tracer: Tracer, workload: Workload, parent: Context) {
    this.#tracer = tracer
    const attributes = attributesOf(workload)
    const startTime = this.#clock.now()
    this.#whole = tracer.startSpan('workload', { attributes, startTime }, parent)
    this.context = trace.setSpan(parent, this.#whole)
  }

  /** Begins a stage, and so ends the one before. */
  enter(stage: Stage): void {
    const startTime = this.#clock.now()
    this.#stage?.end(startTime)
    this.#stage = this.#tracer.startSpan(stage, { startTime }, this.context)
  }

  /** The outcome is known; what follows is the release. */
  ended({ end, status }: Workload & { readonly end: WorkloadEnd }): void {
    this.#whole.setAttribute('vulcan.workload.reason', end.reason)
    if (end.exitCode !== null) this.#whole.setAttribute('vulcan.workload.exit_code', end.exitCode)
    if (status !== 'failed') return
    const failed = { code: SpanStatusCode.ERROR, message: end.reason }
    this.#stage?.setStatus(failed)
    this.#whole.setStatus(failed)
  }

  /** To be called once, whatever happened. */
  close(): void {
    const endTime = this.#clock.now()
    this.#stage?.end(endTime)
    this.#whole.end(endTime)
  }
}

function attributesOf({ id, runtime, isolation, cpus, memMib, timeoutS }: Workload) {
  return {
    'vulcan.workload.id': id,
    'vulcan.workload.runtime': runtime,
    'vulcan.workload.isolation': isolation,
    'vulcan.workload.cpus': cpus,
    'vulcan.workload.mem_mib': memMib,
    'vulcan.workload.timeout_s': timeoutS,
  }
}
