import type { Runtime } from '@vulcan/schema'
import type { Adapter } from '../adapters/adapter.ts'
import type { ArmName } from '../arms.ts'
import type { Plan } from '../plan.ts'
import { hello } from '../programs.ts'
import type { Burst } from '../result.ts'
import { takeSample } from './take-sample.ts'

/** An arm of which several callers are wanted, each with a connection of its own. */
export interface Callers {
  readonly arm: ArmName
  open(): Promise<Adapter>
  /** Looks at what is counted before a burst; what it resolves with says why a burst of so many was none of this arm. */
  watch?(): Promise<(runs: number) => Promise<string | undefined>>
}

export interface AtOnceOptions {
  readonly plan: Plan['atOnce']
  readonly runtime: Runtime
  readonly signal: AbortSignal
  readonly quiet: () => Promise<void>
}

/**
 * So many programs handed in at the same moment, level by level, by all arms in turn and every other
 * round in the other direction; the rounds that only the largest level has come last.
 */
export async function measureAtOnce(
  arms: readonly Callers[],
  { plan, runtime, signal, quiet }: AtOnceOptions,
): Promise<Burst[]> {
  const bursts: Burst[] = []
  const largest = plan.levels.filter((level) => level === Math.max(...plan.levels))
  for (let round = 0; round < Math.max(plan.rounds, plan.roundsOfLargest); round += 1) {
    const levels = round < plan.rounds ? plan.levels : largest
    const turns = levels.flatMap((atOnce) => arms.map((callers) => ({ atOnce, callers })))
    for (const { atOnce, callers } of round % 2 === 0 ? turns : turns.toReversed()) {
      await quiet()
      bursts.push(await burst(callers, runtime, atOnce, signal))
    }
  }
  await quiet()
  return bursts
}

async function burst(
  callers: Callers,
  runtime: Runtime,
  atOnce: number,
  signal: AbortSignal,
): Promise<Burst> {
  await using held = new AsyncDisposableStack()
  const adapters = await Promise.all(Array.from({ length: atOnce }, () => callers.open()))
  for (const adapter of adapters) held.use(adapter)
  const whyNot = await callers.watch?.()
  const taken = await Promise.all(
    adapters.map((adapter) => takeSample(adapter, hello(runtime), signal)),
  )
  const error = await whyNot?.(atOnce)
  const samples = error === undefined ? taken : taken.map(() => ({ ms: null, error }))
  return {
    arm: callers.arm,
    runtime,
    atOnce,
    samples,
    // All were sent at the same moment.
    lastMs: samples.reduce<number | null>(
      (last, { ms }) => (last === null || ms === null ? null : Math.max(last, ms)),
      0,
    ),
  }
}
