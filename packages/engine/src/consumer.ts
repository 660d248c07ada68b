import type { WorkloadEvent, WorkloadSpec } from '@vulcan/schema'
import type { Execution } from './attempt.ts'
import type { Recorder } from './recorder.ts'
import type { Tell } from './tell.ts'
import type { Ticket } from './ticket.ts'

export interface ConsumerOptions {
  readonly recorder: Recorder
  readonly logLimitBytes: number
  readonly tell: Tell
}

/** Who takes the events of a workload, and how much of its output there is to be for that. */
export function consumerOf(
  ticket: Ticket,
  spec: WorkloadSpec,
  { recorder, logLimitBytes, tell }: ConsumerOptions,
): Omit<Execution, 'backend'> {
  const { id, observer, phases } = ticket
  if (observer === undefined) {
    recorder.begin(id, { streamBytes: spec.outputLimitBytes, logBytes: logLimitBytes })
  }
  const onEvent = (event: WorkloadEvent) => {
    // From a backend that did not answer in time.
    if (ticket.isOver) return undefined
    if (event.type === 'phase') {
      phases.push({ phase: event.phase, atMs: event.atMs })
      tell((watcher) => watcher.phase(id, event.phase, event.atMs))
    }
    return observer === undefined ? recorder.record(id, event) : observer.onEvent?.(event)
  }
  if (observer !== undefined) return { spec, onEvent, keepOutput: true }
  const outputLimitBytes = Math.max(spec.outputLimitBytes, logLimitBytes)
  return { spec: { ...spec, outputLimitBytes }, onEvent, keepOutput: false }
}
