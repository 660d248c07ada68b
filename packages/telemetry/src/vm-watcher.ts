import type { Reason } from '@vulcan/schema'
import type { LabelsOf } from './instruments.ts'
import type { Meters } from './meters.ts'

type StartMode = LabelsOf<'vulcan.vm.boot.duration'>['mode']
type StartPhase = LabelsOf<'vulcan.vm.start.duration'>['phase']
type FailedPhase = LabelsOf<'vulcan.vm.start.failures'>['phase']
type Result = LabelsOf<'vulcan.vm.cleanup.duration'>['result']

interface Start {
  readonly mode: StartMode
  readonly durationMs: number
  readonly phases: readonly { readonly phase: StartPhase; readonly durationMs: number }[]
}

/** Measures VMs; has the shape of the `VmWatcher` of the backend, which it does not know. */
export class VmWatcher {
  readonly #meters: Meters

  constructor(meters: Meters) {
    this.#meters = meters
    meters.add('vulcan.vm.active', 0, {})
  }

  opened(): void {
    this.#meters.add('vulcan.vm.active', 1, {})
  }

  started({ mode, durationMs, phases }: Start): void {
    this.#meters.record('vulcan.vm.boot.duration', durationMs, { mode })
    for (const { phase, durationMs } of phases) {
      this.#meters.record('vulcan.vm.start.duration', durationMs, { mode, phase })
    }
  }

  startFailed(phase: FailedPhase, reason: Reason): void {
    this.#meters.add('vulcan.vm.start.failures', 1, { phase, reason })
  }

  connected(result: Result, durationMs: number): void {
    this.#meters.record('vulcan.vsock.connect.duration', durationMs, { result })
  }

  answered(durationMs: number): void {
    this.#meters.record('vulcan.vsock.workload.duration', durationMs, {})
  }

  released(result: Result, durationMs: number): void {
    this.#meters.add('vulcan.vm.active', -1, {})
    this.#meters.record('vulcan.vm.cleanup.duration', durationMs, { result })
  }
}
