import { type Reason, RUNTIMES, type Runtime } from '@vulcan/schema'
import type { LabelsOf } from './instruments.ts'
import type { Meters } from './meters.ts'

type StartMode = LabelsOf<'vulcan.vm.boot.duration'>['mode']
type StartPhase = LabelsOf<'vulcan.vm.start.duration'>['phase']
type FailedPhase = LabelsOf<'vulcan.vm.start.failures'>['phase']
type InterpreterStart = LabelsOf<'vulcan.interpreter.starts'>['result']
type Asked = LabelsOf<'vulcan.pool.requests'>['result']
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
    for (const image of RUNTIMES) meters.add('vulcan.pool.warm', 0, { image })
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

  interpreted(image: Runtime, result: InterpreterStart): void {
    this.#meters.add('vulcan.interpreter.starts', 1, { image, result })
  }

  poolAsked(image: Runtime, result: Asked): void {
    this.#meters.add('vulcan.pool.requests', 1, { image, result })
  }

  poolGave(image: Runtime, waitedMs: number): void {
    this.#meters.record('vulcan.pool.age', waitedMs, { image })
  }

  poolChanged(image: Runtime, change: 1 | -1): void {
    this.#meters.add('vulcan.pool.warm', change, { image })
  }

  poolRefilled(image: Runtime, result: Result, durationMs: number): void {
    this.#meters.record('vulcan.pool.refill.duration', durationMs, { image, result })
  }

  released(result: Result, durationMs: number): void {
    this.#meters.add('vulcan.vm.active', -1, {})
    this.#meters.record('vulcan.vm.cleanup.duration', durationMs, { result })
  }
}
