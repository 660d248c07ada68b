import type * as z from 'zod'
import type { Endpoint } from '../versions/endpoints.ts'
import {
  balloon,
  balloonStatistics,
  balloonStatisticsUpdate,
  balloonUpdate,
  hintingStart,
  hintingStatus,
} from './balloon.ts'
import { bootSource } from './boot-source.ts'
import { cpuConfig } from './cpu-config.ts'
import { drive, driveUpdate } from './drive.ts'
import { entropy } from './entropy.ts'
import { action, instanceInfo, version, vmState } from './instance.ts'
import { machineConfig, machineConfigUpdate } from './machine-config.ts'
import { memoryHotplug, memoryHotplugStatus, memoryHotplugUpdate } from './memory-hotplug.ts'
import { metadata, mmdsConfig } from './mmds.ts'
import { networkInterface, networkInterfaceUpdate } from './network-interface.ts'
import { pmem, pmemUpdate } from './pmem.ts'
import { logger, metrics, serial } from './sinks.ts'
import { snapshotCreate, snapshotLoad } from './snapshot.ts'
import { vmConfig } from './vm-config.ts'
import { vsock } from './vsock.ts'

/** What is sent with each call that has a body. */
export const REQUESTS = {
  'PATCH /vm': vmState,
  'PUT /actions': action,
  'PUT /boot-source': bootSource,
  'PUT /machine-config': machineConfig,
  'PATCH /machine-config': machineConfigUpdate,
  'PUT /cpu-config': cpuConfig,
  'PUT /drives/{id}': drive,
  'PATCH /drives/{id}': driveUpdate,
  'PUT /pmem/{id}': pmem,
  'PATCH /pmem/{id}': pmemUpdate,
  'PUT /network-interfaces/{id}': networkInterface,
  'PATCH /network-interfaces/{id}': networkInterfaceUpdate,
  'PUT /vsock': vsock,
  'PUT /entropy': entropy,
  'PUT /serial': serial,
  'PUT /logger': logger,
  'PUT /metrics': metrics,
  'PUT /balloon': balloon,
  'PATCH /balloon': balloonUpdate,
  'PATCH /balloon/statistics': balloonStatisticsUpdate,
  'PATCH /balloon/hinting/start': hintingStart,
  'PUT /hotplug/memory': memoryHotplug,
  'PATCH /hotplug/memory': memoryHotplugUpdate,
  'PUT /mmds': metadata,
  'PATCH /mmds': metadata,
  'PUT /mmds/config': mmdsConfig,
  'PUT /snapshot/create': snapshotCreate,
  'PUT /snapshot/load': snapshotLoad,
} as const satisfies Partial<Record<Endpoint, z.ZodType>>

/** What is answered to each call that asks for something. */
export const ANSWERS = {
  'GET /': instanceInfo,
  'GET /version': version,
  'GET /vm/config': vmConfig,
  'GET /machine-config': machineConfig,
  'GET /balloon': balloon,
  'GET /balloon/statistics': balloonStatistics,
  'GET /balloon/hinting/status': hintingStatus,
  'GET /hotplug/memory': memoryHotplugStatus,
  'GET /mmds': metadata,
} as const satisfies Partial<Record<Endpoint, z.ZodType>>

export type Requests = { [Call in keyof typeof REQUESTS]: z.output<(typeof REQUESTS)[Call]> }
export type Answers = { [Call in keyof typeof ANSWERS]: z.output<(typeof ANSWERS)[Call]> }
