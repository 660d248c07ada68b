import * as z from 'zod'
import type { Operation } from '../machine-state.ts'
import { bootSource } from '../schemas/boot-source.ts'
import { drive, entropy, networkInterface, vsock } from '../schemas/devices.ts'
import { action, instanceInfo, version, vmState } from '../schemas/instance.ts'
import { machineConfig, machineConfigUpdate } from '../schemas/machine-config.ts'
import { logger, metrics, serial } from '../schemas/sinks.ts'
import { vmConfig } from '../schemas/vm-config.ts'
import { decodeBody, parseJson } from './decode-body.ts'
import { Fault } from './fault.ts'
import type { MachineController } from './machine-controller.ts'
import type { ConfigurationPart } from './vmm.ts'

/** A request that was understood: `run` answers with a body for the wire, or with none. */
type Run = (machine: MachineController) => Promise<unknown>
type Route = (body: unknown, id: string) => Run

const ACTIONS = {
  InstanceStart: 'start',
  SendCtrlAltDel: 'send_ctrl_alt_del',
  FlushMetrics: 'flush_metrics',
} as const satisfies Record<string, Operation>

/** All that both VMMs answer. A key that ends in `/` takes the id that follows. */
const ROUTES: Readonly<Record<string, Route>> = {
  'GET ': () => async (machine) => z.encode(instanceInfo, machine.instanceInfo),
  'GET version': () => async (machine) => {
    return z.encode(version, { firecrackerVersion: machine.instanceInfo.vmmVersion })
  },
  'GET machine-config': () => async (machine) => z.encode(machineConfig, machine.machineConfig),
  'GET vm/config': () => async (machine) => z.encode(vmConfig, machine.vmConfig),
  'PUT boot-source': part(bootSource, (value) => ({ kind: 'boot_source', value })),
  'PUT machine-config': part(machineConfig, (value) => ({ kind: 'machine_config', value })),
  'PATCH machine-config': part(machineConfigUpdate, (value) => {
    if (Object.keys(value).length === 0) throw new Fault('Empty PATCH request.')
    return { kind: 'machine_config', value }
  }),
  'PUT drives/': part(drive, (value, id) => {
    checkSameId(id, value.driveId)
    return { kind: 'drive', value }
  }),
  'PUT network-interfaces/': part(networkInterface, (value, id) => {
    checkSameId(id, value.ifaceId)
    return { kind: 'network_interface', value }
  }),
  'PUT vsock': part(vsock, (value) => ({ kind: 'vsock', value })),
  'PUT entropy': part(entropy, (value) => ({ kind: 'entropy', value })),
  'PUT serial': part(serial, (value) => ({ kind: 'serial', value })),
  'PUT logger': part(logger, (value) => ({ kind: 'logger', value })),
  'PUT metrics': part(metrics, (value) => ({ kind: 'metrics', value })),
  'PUT actions': (body) => {
    const operation = ACTIONS[decodeBody(action, body).actionType]
    return (machine) => machine.perform(operation)
  },
  'PATCH vm': (body) => {
    const operation = decodeBody(vmState, body).state === 'Paused' ? 'pause' : 'resume'
    return (machine) => machine.perform(operation)
  },
}

/** What Firecracker 1.16 has beyond that: known, and refused in words. */
const UNSUPPORTED: ReadonlySet<string> = new Set([
  ...['PUT cpu-config', 'PUT mmds', 'PATCH mmds', 'GET mmds'],
  ...['GET balloon', 'PUT balloon', 'PATCH balloon'],
  ...['PUT pmem', 'PATCH pmem', 'DELETE pmem'],
  ...['PATCH drives', 'DELETE drives', 'PATCH network-interfaces', 'DELETE network-interfaces'],
  ...['GET hotplug', 'PUT hotplug', 'PATCH hotplug', 'PUT snapshot'],
])

/**
 * Finds out what a request asks for, in the order of Firecracker's parser: path and verb, presence
 * of a body, the body's shape. Throws `Fault`.
 */
export function parseRequest(method: string, path: string, body: string): Run {
  const [first = '', second = ''] = path.replace(/^\/+/, '').split('/')
  const resource = first === 'vm' && second === 'config' ? 'vm/config' : first
  const plain = ROUTES[`${method} ${resource}`]
  const route = plain ?? ROUTES[`${method} ${resource}/`]
  if (route === undefined && !UNSUPPORTED.has(`${method} ${resource}`)) {
    throw new Fault(`Invalid request method and/or path: ${method} ${first}.`)
  }
  checkBodyPresence(method, body)
  if (route === undefined) {
    throw new Fault(`The requested operation is not supported: ${method} ${path}`)
  }
  if (plain === undefined) checkResourceId(second)
  return route(body === '' ? undefined : parseJson(body), second)
}

function part<Value>(
  schema: z.ZodType<Value>,
  toPart: (value: Value, id: string) => ConfigurationPart,
): Route {
  return (body, id) => {
    const decoded = toPart(decodeBody(schema, body), id)
    return (machine) => machine.configure(decoded)
  }
}

function checkBodyPresence(method: string, body: string): void {
  const wantsBody = method === 'PUT' || method === 'PATCH'
  if (wantsBody && body === '') throw new Fault(`Empty ${method} request.`)
  if (!wantsBody && body !== '') throw new Fault(`${method} request cannot have a body.`)
}

function checkResourceId(id: string): void {
  if (id === '') throw new Fault('The ID cannot be empty.')
  if (!/^[\p{L}\p{N}_]+$/u.test(id)) {
    throw new Fault('API Resource IDs can only contain alphanumeric characters and underscores.')
  }
}

function checkSameId(inPath: string, inBody: string): void {
  if (inPath !== inBody) {
    throw new Fault('The id from the path does not match the id from the body!')
  }
}
