import { RUNTIMES, type Runtime } from '@vulcan/schema'
import type { Plan } from '../plan.ts'

export const RUNTIME_NAMES: readonly Runtime[] = RUNTIMES

/** What of a plan is wanted; what is not said stays. */
export interface Wanted {
  readonly runtimes?: readonly string[] | undefined
  /** Rounds, and one of bursts. */
  readonly rounds?: number | undefined
  /** How many at once. */
  readonly levels?: readonly number[] | undefined
}

/** A plan for less. Throws `RangeError` for what is no count, and for more at once than there are warm VMs. */
export function narrowed(plan: Plan, { runtimes, rounds, levels }: Wanted): Plan {
  for (const count of [...(levels ?? []), ...(rounds === undefined ? [] : [rounds])]) {
    if (!Number.isInteger(count) || count < 1) {
      throw new RangeError(`${count} is no number of rounds, or of programs at once`)
    }
  }
  for (const level of levels ?? []) {
    if (level > plan.poolSize) {
      throw new RangeError(
        `${level} at once are more than the ${plan.poolSize} warm VMs that there are`,
      )
    }
  }
  const isWanted = (runtime: Runtime) => runtimes === undefined || runtimes.includes(runtime)
  const { atOnce } = plan
  return {
    ...plan,
    runtimes: plan.runtimes.filter(isWanted),
    warmUps: Math.min(plan.warmUps, rounds ?? plan.warmUps),
    rounds: rounds === undefined ? plan.rounds : { ...plan.rounds, min: rounds, max: rounds },
    atOnce: {
      runtimes: atOnce.runtimes.filter(isWanted),
      levels: levels ?? atOnce.levels,
      rounds: rounds === undefined ? atOnce.rounds : 1,
      roundsOfLargest: rounds === undefined ? atOnce.roundsOfLargest : 1,
    },
  }
}
