import * as z from 'zod'
import { balloon, balloonStatistics, hintingStatus } from '../schemas/balloon.ts'
import { bootSource } from '../schemas/boot-source.ts'
import { cpuConfig } from '../schemas/cpu-config.ts'
import { drive } from '../schemas/drive.ts'
import { entropy } from '../schemas/entropy.ts'
import { instanceInfo, version } from '../schemas/instance.ts'
import { machineConfig, machineConfigUpdate } from '../schemas/machine-config.ts'
import { memoryHotplug, memoryHotplugStatus } from '../schemas/memory-hotplug.ts'
import { metadata, mmdsConfig } from '../schemas/mmds.ts'
import { networkInterface } from '../schemas/network-interface.ts'
import { pmem } from '../schemas/pmem.ts'
import { logger, metrics, serial } from '../schemas/sinks.ts'
import { snapshotCreate, snapshotLoad } from '../schemas/snapshot.ts'
import { vsock } from '../schemas/vsock.ts'
import type { Endpoint } from '../versions/endpoints.ts'
import { CHANGE_ROUTES } from './change-routes.ts'
import { decodeBody } from './decode-body.ts'
import { encodeDescription } from './describe-config.ts'
import { Fault } from './fault.ts'
import { MACHINE_CONFIG_DEFAULTS } from './parts/machine-config.ts'
import { checkSameId, type Route } from './route.ts'
import { refuseWrongMemoryBackend } from './snapshot-request.ts'
import type { ConfigurationPart } from './vmm.ts'

/** What each call does. Those that change a running machine are in a table of their own. */
export const ROUTES: Readonly<Record<Endpoint, Route>> = {
  ...CHANGE_ROUTES,
  'GET /': () => async (machine) => z.encode(instanceInfo, machine.instanceInfo),
  'GET /version': () => async (machine) => {
    return z.encode(version, { firecrackerVersion: machine.instanceInfo.vmmVersion })
  },
  'GET /machine-config': () => async (machine) => z.encode(machineConfig, machine.machineConfig),
  'GET /vm/config': () => async (machine) => encodeDescription(machine.vmConfig),
  'GET /balloon': () => async (machine) => z.encode(balloon, machine.balloon),
  'GET /balloon/statistics': () => async (machine) => {
    return z.encode(balloonStatistics, await machine.balloonStatistics())
  },
  'GET /balloon/hinting/status': () => async (machine) => {
    return z.encode(hintingStatus, await machine.hintingStatus())
  },
  'GET /hotplug/memory': () => async (machine) => {
    return z.encode(memoryHotplugStatus, await machine.memoryHotplugStatus())
  },
  'PUT /boot-source': part(bootSource, (value) => ({ kind: 'boot_source', value })),
  'PUT /machine-config': part(machineConfig, (value) => ({
    kind: 'machine_config',
    value: { ...MACHINE_CONFIG_DEFAULTS, ...value },
  })),
  'PATCH /machine-config': part(machineConfigUpdate, (value) => {
    if (Object.keys(value).length === 0) throw new Fault('Empty PATCH request.')
    return { kind: 'machine_config', value }
  }),
  'PUT /cpu-config': part(cpuConfig, (value) => ({ kind: 'cpu_config', value })),
  'PUT /drives/{id}': part(drive, (value, id) => {
    checkSameId(id, value.driveId)
    return { kind: 'drive', value }
  }),
  'PUT /pmem/{id}': part(pmem, (value, id) => {
    checkSameId(id, value.id)
    return { kind: 'pmem', value }
  }),
  'PUT /network-interfaces/{id}': part(networkInterface, (value, id) => {
    checkSameId(id, value.ifaceId, 'interface')
    return { kind: 'network_interface', value }
  }),
  'PUT /vsock': part(vsock, (value) => ({ kind: 'vsock', value })),
  'PUT /entropy': part(entropy, (value) => ({ kind: 'entropy', value })),
  'PUT /serial': part(serial, (value) => ({ kind: 'serial', value })),
  'PUT /logger': part(logger, (value) => ({ kind: 'logger', value })),
  'PUT /metrics': part(metrics, (value) => ({ kind: 'metrics', value })),
  'PUT /balloon': part(balloon, (value) => ({ kind: 'balloon', value })),
  'PUT /hotplug/memory': part(memoryHotplug, (value) => ({ kind: 'memory_hotplug', value })),
  'PUT /mmds/config': part(mmdsConfig, (value) => ({ kind: 'mmds_config', value })),
  'GET /mmds': () => async (machine) => machine.getMetadata(),
  'PUT /mmds': (body) => {
    const value = decodeBody(metadata, body)
    return (machine) => machine.putMetadata(value)
  },
  'PATCH /mmds': (body) => {
    const value = decodeBody(metadata, body)
    return (machine) => machine.patchMetadata(value)
  },
  'PUT /snapshot/create': (body) => {
    const request = decodeBody(snapshotCreate, body)
    return (machine) => machine.createSnapshot(request)
  },
  'PUT /snapshot/load': (body) => {
    const request = decodeBody(snapshotLoad, body)
    refuseWrongMemoryBackend(request)
    return (machine) => machine.loadSnapshot(request)
  },
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
