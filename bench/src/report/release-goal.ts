import type { Result, Sample } from '../result.ts'
import { summarize } from '../statistics.ts'
import { duration } from './figures.ts'
import type { Goal } from './goals.ts'

/**
 * Whether somebody who waits for an answer waits for the release, too: in how many runs the VM was
 * gone when the answer came. All releases must have been counted, each with its duration.
 */
export function releaseGoal({ series }: Result): Goal {
  const measure = 'release seen by the caller'
  const goal = '0 runs'
  const runs = series
    .filter(({ arm }) => arm === 'cold')
    .flatMap(({ samples }) => samples)
    .filter(({ ms, facts }) => ms !== null && facts !== undefined)
  if (runs.length === 0) {
    const note = 'it was not measured'
    return { measure, goal, figure: 'not available', value: null, isMet: null, note }
  }
  const seen = runs.filter(({ facts }) => (facts?.['releasedBeforeAnswer'] ?? 0) > 0).length
  const counted = runs.filter(({ facts }) => facts?.['releases'] === 1).length
  const releases = summarize(runs.map(({ facts }) => facts?.['releaseMs'] ?? Number.NaN))
  const around = summarize(runs.map(aroundMs))
  return {
    measure,
    goal,
    figure: `${seen} of ${runs.length} runs`,
    value: seen,
    isMet: seen === 0 && counted === runs.length,
    note:
      `${counted} releases counted, p50 ${duration(releases.p50)}, at most ${duration(releases.max)}; ` +
      `the answer comes ${duration(around.p50)} (p50) beside the workload's own duration`,
  }
}

function aroundMs({ ms, facts }: Sample): number {
  return (ms ?? Number.NaN) - (facts?.['durationMs'] ?? Number.NaN)
}
