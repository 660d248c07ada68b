import type { Runtime } from '@vulcan/schema'
import type { ArmName } from '../arms.ts'
import type { Sample, Series } from '../result.ts'

/** An arm that failed so often in a row is left out of what follows. */
const FAILURES_MAX = 3

/** What came of the runs of one arm, until it is given up. */
export class ArmSamples {
  readonly #arm: ArmName
  readonly #runtime: Runtime
  readonly #samples: Sample[] = []
  #failures = 0
  #lastError = ''

  constructor(arm: ArmName, runtime: Runtime) {
    this.#arm = arm
    this.#runtime = runtime
  }

  get isGivenUp(): boolean {
    return this.#failures >= FAILURES_MAX
  }

  /** A warm-up is not in the series; when it fails it is a failure as any other. */
  add(sample: Sample, { isWarmUp = false }: { isWarmUp?: boolean } = {}): void {
    if (!isWarmUp) this.#samples.push(sample)
    this.#failures = sample.ms === null ? this.#failures + 1 : 0
    this.#lastError = sample.error ?? this.#lastError
  }

  get series(): Series {
    return {
      arm: this.#arm,
      runtime: this.#runtime,
      samples: this.#samples,
      ...(this.isGivenUp && {
        unavailable: `it failed ${FAILURES_MAX} times in a row: ${this.#lastError}`,
      }),
    }
  }
}
