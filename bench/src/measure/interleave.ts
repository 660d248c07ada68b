import type { Runtime } from '@vulcan/schema'
import type { Adapter } from '../adapters/adapter.ts'
import type { Plan } from '../plan.ts'
import { hello } from '../programs.ts'
import type { Sample, Series } from '../result.ts'
import { ArmSamples } from './arm-samples.ts'
import { failedSample, takeSample } from './take-sample.ts'

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
  readonly #samples: ArmSamples

  constructor(adapter: Adapter, runtime: Runtime) {
    this.#adapter = adapter
    this.#runtime = runtime
    this.#samples = new ArmSamples(adapter.arm, runtime)
  }

  async warmUp(quiet: () => Promise<void>, signal: AbortSignal): Promise<void> {
    if (this.#samples.isGivenUp) return
    this.#samples.add(await this.#run(quiet, signal), { isWarmUp: true })
  }

  async measure(quiet: () => Promise<void>, signal: AbortSignal): Promise<void> {
    if (!this.#samples.isGivenUp) this.#samples.add(await this.#run(quiet, signal))
  }

  get series(): Series {
    return this.#samples.series
  }

  /** Where it does not become quiet a run would say nothing: it failed. */
  async #run(quiet: () => Promise<void>, signal: AbortSignal): Promise<Sample> {
    try {
      await quiet()
    } catch (error) {
      return failedSample(error, signal)
    }
    return takeSample(this.#adapter, hello(this.#runtime), signal)
  }
}
