import * as z from 'zod'
import { type AnsweringState, WIRE_STATE_NAMES } from '../machine-state.ts'
import { wireObject, wireResponse } from './wire-object.ts'

const stateByWireName = new Map(
  Object.entries(WIRE_STATE_NAMES).map(([state, name]) => [name, state as AnsweringState]),
)

const state = z.codec(z.enum(Object.values(WIRE_STATE_NAMES)), z.custom<AnsweringState>(), {
  decode: (name) => stateByWireName.get(name) ?? 'not_started',
  encode: (value) => WIRE_STATE_NAMES[value],
})

/** Answer of `GET /`. */
export const instanceInfo = wireResponse({
  id: z.string(),
  state,
  vmmVersion: z.string(),
  appName: z.string(),
})

/** Answer of `GET /version`. */
export const version = wireResponse({ firecrackerVersion: z.string() })

/** Body of `PUT /actions`. */
export const action = wireObject({
  actionType: z.enum(['FlushMetrics', 'InstanceStart', 'SendCtrlAltDel']),
})

/** Body of `PATCH /vm`. */
export const vmState = wireObject({ state: z.enum(['Paused', 'Resumed']) })

/** Body of every answer that refuses a request. */
export const faultMessage = wireResponse({ faultMessage: z.string() })

export type InstanceInfo = z.output<typeof instanceInfo>
export type Action = z.output<typeof action>
export type VmState = z.output<typeof vmState>
