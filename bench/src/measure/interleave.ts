import type { Runtime } from '@vulcan/schema'
import type { Adapter } from '../adapters/adapter.ts'
import type { Plan } from '../plan.ts'
import { hello } from '../programs.ts'
import type { Sample, Series } from '../result.ts'
import { takeSample } from './take-sample.ts'

/** An arm that failed so often in a row is left out of what follows. */
const FAILURES_MAX = 3

export interface InterleaveOptions {
  readonly plan: Pick<Plan, 'warmUps' | 'rounds'>
  readonly runtime: Runtime
  readonly signal: AbortSignal
  /** Resolves when what earlier runs left behind is gone. */
  readonly quiet: () => Promise<void>
  readonly onProgress?: (what: string) => void
  /** What else is measured in each round that counts. */
  readonly onRound?: () => Promise<void>
}

/**
 * Rounds of one run of each arm, every other round in the other direction (A B B A), with nothing
 * else at work between two runs.
 */
export async function interleave(
  adapters: readonly Adapter[],
  { plan, runtime, signal, quiet, onProgress, onRound }: InterleaveOptions,
): Promise<Series[]> {
  const arms = adapters.map((adapter) => new MeasuredArm(adapter, runtime))
  for (let round = 0; round < plan.warmUps; round += 1) {
    onProgress?.(`${runtime}: warm-up ${round + 1} of ${plan.warmUps}`)
    for (const arm of inOrder(arms, round)) await arm.warmUp(quiet, signal)
  }
  const { min, max, budgetMs } = plan.rounds
  const startedAtMs = performance.now()
  for (let round = 0; round < max; round += 1) {
    if (round >= min && performance.now() - startedAtMs > budgetMs) break
    onProgress?.(`${runtime}: round ${round + 1} of ${min} to ${max}`)
    for (const arm of inOrder(arms, round)) await arm.measure(quiet, signal)
    await onRound?.()
  }
  return arms.map((arm) => arm.series)
}

function inOrder<Arm>(arms: readonly Arm[], round: number): readonly Arm[] {
  return round % 2 === 0 ? arms : arms.toReversed()
}

class MeasuredArm {
  readonly #adapter: Adapter
  readonly #runtime: Runtime
  readonly #samples: Sample[] = []
  #failures = 0
  #lastError = ''

  constructor(adapter: Adapter, runtime: Runtime) {
    this.#adapter = adapter
    this.#runtime = runtime
  }

  async warmUp(quiet: () => Promise<void>, signal: AbortSignal): Promise<void> {
    if (this.#failures < FAILURES_MAX) await this.#run(quiet, signal)
  }

  async measure(quiet: () => Promise<void>, signal: AbortSignal): Promise<void> {
    if (this.#failures < FAILURES_MAX) this.#samples.push(await this.#run(quiet, signal))
  }

  get series(): Series {
    return {
      arm: this.#adapter.arm,
      runtime: this.#runtime,
      samples: this.#samples,
      ...(this.#failures < FAILURES_MAX
        ? {}
        : { unavailable: `it failed ${FAILURES_MAX} times in a row: ${this.#lastError}` }),
    }
  }

  async #run(quiet: () => Promise<void>, signal: AbortSignal): Promise<Sample> {
    await quiet()
    const sample = await takeSample(this.#adapter, hello(this.#runtime), signal)
    this.#failures = sample.ms === null ? this.#failures + 1 : 0
    this.#lastError = sample.error ?? this.#lastError
    return sample
  }
}
