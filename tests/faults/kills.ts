import { PHASES } from '@vulcan/schema'
import { agent, runUntil } from './agent.ts'
import type { Fault } from './fault.ts'
import type { Deed, Trigger } from './plan.ts'

const never = new Promise<never>(() => undefined)

const EDGES = ['before', 'after'] as const

/** What becomes of a workload whose owner ends it by a deed, or has done with it before. */
const ROWS: Readonly<Record<Deed, readonly string[]>> = {
  kill: ['exited@ended'],
  abort: ['killed@', 'exited@ended'],
  cleanup: ['killed@', 'exited@ended'],
  shutdown: ['exited@ended'],
}

/** The owner dies, or ends its work, exactly before or after each of its steps. */
export function atSteps(deed: Deed, steps: readonly string[]): Fault[] {
  return steps.flatMap((step) =>
    EDGES.map((edge) => {
      const trigger: Trigger = { step, edge, deed }
      const network = needsNetwork(step) ? { network: 'public' as const } : {}
      return {
        kind: deed === 'kill' ? 'kill -9 at a step' : `${deed} at a step`,
        which: `${edge} "${step}"`,
        rows: ROWS[deed],
        trigger,
        ...network,
      }
    }),
  )
}

/** The owner is killed by somebody else, in each phase. */
export function inPhases(): Fault[] {
  return PHASES.map((phase) => ({
    kind: 'kill -9 in a phase',
    which: phase,
    rows: ['exited@ended'],
    killIn: phase,
    ...(phase === 'network' ? { network: 'all' as const } : {}),
    ...(phase === 'ended' ? {} : { script: agent(runUntil(never)) }),
  }))
}

function needsNetwork(step: string): boolean {
  return /slot|spawn (?!vulcan-launch)|phase network/.test(step)
}
