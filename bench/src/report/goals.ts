import type { Runtime } from '@vulcan/schema'
import type { ArmName } from '../arms.ts'
import type { Result } from '../result.ts'
import { present, ratio, summarize } from '../statistics.ts'
import { duration, percent, times } from './figures.ts'
import { releaseGoal } from './release-goal.ts'
import { burstsOf, seriesOf, timesOf } from './select.ts'

/** One row of what is to be shown. */
export interface Goal {
  readonly measure: string
  readonly goal: string
  /** As it is printed; why there is none, where there is none. */
  readonly figure: string
  /** Null where there is no figure. */
  readonly value: number | null
  /** Null where there is no figure, or nothing but a report is asked for. */
  readonly isMet: boolean | null
  readonly note: string
}

type Bound = { readonly atMost: number } | { readonly atLeast: number }

/** Fewer pairs than this neither meet nor miss a goal: they may have had luck, or none. */
const PAIRS_MIN = 3

const INTERPRETED: readonly Runtime[] = ['python', 'node']

/** All rows, each computed from this one result. */
export function goalsOf(result: Result): Goal[] {
  const { runtimes } = result.plan
  const interpreted = runtimes.filter((runtime) => INTERPRETED.includes(runtime))
  const compare = (a: ArmName, b: ArmName, measure: string, bound: Bound) => (runtime: Runtime) =>
    compareArms(result, { a, b, measure, bound, runtime })
  return [
    ...runtimes.map(
      compare('cold', 'by-hand', 'cold ÷ the VMM and its helper started by hand', { atMost: 1.05 }),
    ),
    ...runtimes.map(
      compare('warm-vm', 'open-vm', 'warm VM ÷ starting the interpreter in an open VM', {
        atMost: 1.2,
      }),
    ),
    ...interpreted.map(
      compare('warm-interpreter', 'open-vm', 'warm interpreter ÷ starting the interpreter', {
        atMost: 0.2,
      }),
    ),
    ...interpreted.map(
      compare('cold', 'warm-interpreter', 'cold ÷ warm interpreter', { atLeast: 20 }),
    ),
    ...result.plan.atOnce.runtimes.map((runtime) => burstGoal(result, runtime)),
    ...interpreted.map((runtime) => echoGoal(result, runtime)),
    idleGoal(result),
    releaseGoal(result),
  ]
}

interface Comparison {
  readonly a: ArmName
  readonly b: ArmName
  readonly measure: string
  readonly bound: Bound
  readonly runtime: Runtime
}

function compareArms(result: Result, { a, b, measure, bound, runtime }: Comparison): Goal {
  const [ofA, ofB] = [seriesOf(result, a, runtime), seriesOf(result, b, runtime)]
  const { ofPairs, ofMedians, pairs } = ratio(timesOf(ofA), timesOf(ofB))
  const name = `${measure}, ${runtime}`
  if (pairs === 0) return notAvailable(name, bound, ofA?.unavailable ?? ofB?.unavailable)
  const [p50A, p50B] = [ofA, ofB].map((series) => summarize(present(timesOf(series))).p50)
  const medians = `medians ${duration(p50A ?? Number.NaN)} and ${duration(p50B ?? Number.NaN)}`
  return ofEnough(pairs, {
    ...judged(name, bound, ofPairs),
    note: `${medians}, their ratio ${times(ofMedians)}`,
  })
}

function burstGoal(result: Result, runtime: Runtime): Goal {
  const { poolSize } = result.plan
  const lastOf = (arm: ArmName) =>
    burstsOf(result, arm, runtime, poolSize).map(({ lastMs }) => lastMs)
  const warm = lastOf(runtime === 'go' ? 'warm-vm' : 'warm-interpreter')
  const { ofPairs, pairs } = ratio(lastOf('cold'), warm)
  const name = `${poolSize} at once, to the last result: without pool ÷ with, ${runtime}`
  const bound = { atLeast: 10 }
  if (pairs === 0) {
    const because = result.missing.find(({ what }) => what === `a burst on warm VMs, ${runtime}`)
    return notAvailable(name, bound, because?.because)
  }
  const [without, having] = [lastOf('cold'), warm].map((values) => summarize(present(values)).p50)
  return ofEnough(pairs, {
    ...judged(name, bound, ofPairs),
    note: `medians ${duration(without ?? Number.NaN)} and ${duration(having ?? Number.NaN)}`,
  })
}

function echoGoal(result: Result, runtime: Runtime): Goal {
  const hello = seriesOf(result, 'warm-interpreter', runtime)
  const echo = seriesOf(result, 'echo', runtime)
  const [a, b] = [hello, echo].map((series) => summarize(present(timesOf(series))))
  const measure = `a warm hello ÷ an echo over vsock, ${runtime}`
  if (a === undefined || b === undefined || a.runs === 0 || b.runs === 0) {
    const because = hello?.unavailable ?? echo?.unavailable
    return { ...notAvailable(measure, { atMost: Number.NaN }, because), goal: 'reported' }
  }
  const value = a.p50 / b.p50
  const note = `medians ${duration(a.p50)} and ${duration(b.p50)}`
  return { measure, goal: 'reported', figure: times(value), value, isMet: null, note }
}

function idleGoal({ idle, plan, missing }: Result): Goal {
  const measure = `Vulcan's own process, idle, with ${plan.poolSize} warm VMs`
  const bound = { atMost: 0.01 }
  if (idle === null) {
    const because = missing.find(({ what }) => /^idle|^a burst on warm VMs/.test(what))?.because
    return { ...notAvailable(measure, bound, because), goal: '< 1 %' }
  }
  const { cpuShare, seconds } = idle
  return {
    ...judged(measure, bound, cpuShare),
    goal: '< 1 %',
    figure: percent(cpuShare),
    isMet: cpuShare < bound.atMost,
    note: `of a core, over ${seconds.toFixed(0)} s`,
  }
}

/** A goal with the number of pairs that its figure comes from; of too few of them it is not judged. */
function ofEnough(pairs: number, goal: Goal): Goal {
  const counted = pairs === 1 ? '1 pair' : `${pairs} pairs`
  if (pairs >= PAIRS_MIN) return { ...goal, note: `${counted}; ${goal.note}` }
  return { ...goal, isMet: null, note: `too few to judge: ${counted}; ${goal.note}` }
}

function judged(measure: string, bound: Bound, value: number): Omit<Goal, 'note'> {
  const isMet = 'atMost' in bound ? value <= bound.atMost : value >= bound.atLeast
  return { measure, goal: wanted(bound), figure: times(value), value, isMet }
}

function notAvailable(measure: string, bound: Bound, because = 'it was not measured'): Goal {
  const figure = 'not available'
  return { measure, goal: wanted(bound), figure, value: null, isMet: null, note: because }
}

function wanted(bound: Bound): string {
  return 'atMost' in bound ? `≤ ${bound.atMost}` : `≥ ${bound.atLeast}`
}
