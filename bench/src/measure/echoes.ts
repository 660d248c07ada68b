import type { Runtime } from '@vulcan/schema'
import type { OpenVmRuns } from '../adapters/open-vm.ts'
import type { Series } from '../result.ts'
import { ArmSamples } from './arm-samples.ts'
import { failedSample } from './take-sample.ts'

/** The echoes of an open VM: one that fails is a sample, and so often in a row they are given up. */
export class Echoes {
  readonly #vm: Pick<OpenVmRuns, 'echo'>
  readonly #samples: ArmSamples

  constructor(vm: Pick<OpenVmRuns, 'echo'>, runtime: Runtime) {
    this.#vm = vm
    this.#samples = new ArmSamples('echo', runtime)
  }

  /** So many of them. Throws the signal's reason only. */
  async take(count: number, signal: AbortSignal): Promise<void> {
    for (let echo = 0; echo < count && !this.#samples.isGivenUp; echo += 1) {
      try {
        this.#samples.add({ ms: await this.#vm.echo(signal) })
      } catch (error) {
        this.#samples.add(failedSample(error, signal))
      }
    }
  }

  get series(): Series {
    return this.#samples.series
  }
}
