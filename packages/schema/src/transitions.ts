import type { Status } from './outcome.ts'

/** The whole life of a workload: what may follow on what. A status without followers is final. */
const TRANSITIONS = {
  pending: ['running', 'failed', 'killed'],
  running: ['completed', 'failed', 'killed'],
  completed: [],
  failed: [],
  killed: [],
} as const satisfies Record<Status, readonly Status[]>

/** Whether the table permits this step. */
export function canBecome(from: Status, to: Status): boolean {
  const followers: readonly Status[] = TRANSITIONS[from]
  return followers.includes(to)
}

/** Whether a workload with this status has ended. */
export function isFinal(status: Status): boolean {
  return TRANSITIONS[status].length === 0
}

/** Every status from which the table permits a step to this one. */
export function sourcesOf(to: Status): Status[] {
  const all = Object.keys(TRANSITIONS) as Status[]
  return all.filter((from) => canBecome(from, to))
}
