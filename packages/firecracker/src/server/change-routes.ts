import type * as z from 'zod'
import type { Operation } from '../machine-state.ts'
import { balloonStatisticsUpdate, balloonUpdate, hintingStart } from '../schemas/balloon.ts'
import { driveUpdate } from '../schemas/drive.ts'
import { action, vmState } from '../schemas/instance.ts'
import { memoryHotplugUpdate } from '../schemas/memory-hotplug.ts'
import { networkInterfaceUpdate } from '../schemas/network-interface.ts'
import { pmemUpdate } from '../schemas/pmem.ts'
import { decodeBody } from './decode-body.ts'
import { checkSameId, type Route } from './route.ts'
import type { MachineChange } from './vmm.ts'

const ACTIONS = {
  InstanceStart: 'start',
  SendCtrlAltDel: 'send_ctrl_alt_del',
  FlushMetrics: 'flush_metrics',
} as const satisfies Record<string, Operation>

/** The calls that act on a machine, or change its devices while it runs. */
export const CHANGE_ROUTES = {
  'PUT /actions': (body) => {
    const operation = ACTIONS[decodeBody(action, body).actionType]
    return (machine) => machine.perform(operation)
  },
  'PATCH /vm': (body) => {
    const operation = decodeBody(vmState, body).state === 'Paused' ? 'pause' : 'resume'
    return (machine) => machine.perform(operation)
  },
  'PATCH /drives/{id}': change(driveUpdate, (value, id) => {
    checkSameId(id, value.driveId)
    return { kind: 'drive', value }
  }),
  'PATCH /pmem/{id}': change(pmemUpdate, (value, id) => {
    checkSameId(id, value.id)
    return { kind: 'pmem', value }
  }),
  'PATCH /network-interfaces/{id}': change(networkInterfaceUpdate, (value, id) => {
    checkSameId(id, value.ifaceId, 'interface')
    return { kind: 'network_interface', value }
  }),
  'DELETE /drives/{id}': unplug('drive'),
  'DELETE /pmem/{id}': unplug('pmem'),
  'DELETE /network-interfaces/{id}': unplug('network_interface'),
  'PATCH /balloon': change(balloonUpdate, (value) => ({ kind: 'balloon', value })),
  'PATCH /balloon/statistics': change(balloonStatisticsUpdate, (value) => {
    return { kind: 'balloon_statistics', value }
  }),
  'PATCH /balloon/hinting/start': (body) => {
    const value = body === undefined ? {} : decodeBody(hintingStart, body)
    return (machine) => machine.change({ kind: 'balloon_hinting_start', value })
  },
  'PATCH /balloon/hinting/stop': () => (machine) =>
    machine.change({ kind: 'balloon_hinting_stop' }),
  'PATCH /hotplug/memory': change(memoryHotplugUpdate, (value) => {
    return { kind: 'memory_hotplug', value }
  }),
} as const satisfies Readonly<Record<string, Route>>

function change<Value>(
  schema: z.ZodType<Value>,
  toChange: (value: Value, id: string) => MachineChange,
): Route {
  return (body, id) => {
    const decoded = toChange(decodeBody(schema, body), id)
    return (machine) => machine.change(decoded)
  }
}

function unplug(device: 'drive' | 'pmem' | 'network_interface'): Route {
  return (_body, id) => (machine) => machine.change({ kind: 'unplug', device, id })
}
