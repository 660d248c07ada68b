/**
 * What a machine can be, and what can be asked of it then: the one table that both halves of the
 * API, the server and the client's `Machine`, are gated by.
 *
 * A cell is the state after the operation; a missing cell means that the operation is refused.
 * To pause a paused machine or to resume a running one changes nothing, as in Firecracker. `change`
 * is of devices while it runs, `measure` asks them.
 */
export const OPERATIONS = {
  inspect: { not_started: 'not_started', running: 'running', paused: 'paused' },
  configure: { not_started: 'not_started' },
  start: { not_started: 'running' },
  pause: { running: 'paused', paused: 'paused' },
  resume: { running: 'running', paused: 'running' },
  change: { running: 'running', paused: 'paused' },
  measure: { running: 'running', paused: 'paused' },
  create_snapshot: { paused: 'paused' },
  load_snapshot: { not_started: 'paused' },
  send_ctrl_alt_del: { running: 'running', paused: 'paused' },
  flush_metrics: { running: 'running', paused: 'paused' },
  end: { not_started: 'ended', running: 'ended', paused: 'ended', ended: 'ended' },
} as const satisfies Record<string, Partial<Record<MachineState, MachineState>>>

export type MachineState = 'not_started' | 'running' | 'paused' | 'ended'
export type Operation = keyof typeof OPERATIONS

/** Firecracker's names, in `GET /`. A machine that ended has none: nobody answers. */
export const WIRE_STATE_NAMES = {
  not_started: 'Not started',
  running: 'Running',
  paused: 'Paused',
} as const satisfies Partial<Record<MachineState, string>>

/** The states in which a machine's API answers. */
export type AnsweringState = keyof typeof WIRE_STATE_NAMES

/** The state after `operation`, or undefined where the operation is refused in `state`. */
export function stateAfter(operation: Operation, state: MachineState): MachineState | undefined {
  const row: Partial<Record<MachineState, MachineState>> = OPERATIONS[operation]
  return row[state]
}
