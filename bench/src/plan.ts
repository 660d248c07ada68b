import type { Runtime } from '@vulcan/schema'

/** How much is measured. */
export interface Plan {
  readonly name: 'quick' | 'full'
  readonly runtimes: readonly Runtime[]
  /** Rounds that are not counted: they fill the page cache. */
  readonly warmUps: number
  /** How many rounds of all arms; between the two, as many as begin in the time. */
  readonly rounds: { readonly min: number; readonly max: number; readonly budgetMs: number }
  /** Echoes in each round: they are short. */
  readonly echoes: number
  readonly atOnce: {
    readonly levels: readonly number[]
    readonly rounds: number
    /** Of the largest level, which a goal is judged by: as many as that takes. */
    readonly roundsOfLargest: number
    readonly runtimes: readonly Runtime[]
  }
  /** Warm VMs where several are asked at once, and while nobody asks. */
  readonly poolSize: number
  /** VMs of each runtime whose costs are looked at, and for how long. */
  readonly costs: { readonly vms: number; readonly seconds: number }
  /** Longer than the 30 s after which a warm VM is looked after. */
  readonly idleSeconds: number
}

const MINUTE_MS = 60_000
const ALL: readonly Runtime[] = ['python', 'node', 'go']

/** Minutes, on a machine that emulates its guests, too. */
export const QUICK: Plan = {
  name: 'quick',
  runtimes: ALL,
  warmUps: 1,
  rounds: { min: 3, max: 20, budgetMs: 3 * MINUTE_MS },
  echoes: 40,
  atOnce: { levels: [1, 2, 4, 8, 10], rounds: 1, roundsOfLargest: 3, runtimes: ['python'] },
  poolSize: 10,
  costs: { vms: 1, seconds: 3 },
  idleSeconds: 35,
}

/** Hours: up to one for each runtime, and bursts. */
export const FULL: Plan = {
  name: 'full',
  runtimes: ALL,
  warmUps: 10,
  rounds: { min: 20, max: 100, budgetMs: 60 * MINUTE_MS },
  echoes: 100,
  atOnce: { levels: [1, 2, 4, 8, 10], rounds: 6, roundsOfLargest: 6, runtimes: ALL },
  poolSize: 10,
  costs: { vms: 5, seconds: 10 },
  idleSeconds: 60,
}
