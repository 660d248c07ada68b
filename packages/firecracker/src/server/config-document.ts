import { vmConfig } from '../schemas/vm-config.ts'
import { decodeBody, parseJson } from './decode-body.ts'
import { Fault } from './fault.ts'
import type { MachineController } from './machine-controller.ts'
import type { ConfigurationPart } from './vmm.ts'

/** Configures and starts the machine as a `--config-file` says, in Firecracker's order. */
export async function applyConfigDocument(machine: MachineController, text: string): Promise<void> {
  for (const part of partsOf(text)) await machine.configure(part)
  await machine.perform('start')
}

function* partsOf(text: string): Generator<ConfigurationPart> {
  const { logger, metrics, machineConfig, bootSource, drives, networkInterfaces, vsock, entropy } =
    decodeDocument(text)
  if (logger) yield { kind: 'logger', value: logger }
  if (metrics) yield { kind: 'metrics', value: metrics }
  if (machineConfig) yield { kind: 'machine_config', value: machineConfig }
  yield { kind: 'boot_source', value: bootSource }
  for (const value of drives) yield { kind: 'drive', value }
  for (const value of networkInterfaces ?? []) yield { kind: 'network_interface', value }
  if (vsock) yield { kind: 'vsock', value: vsock }
  if (entropy) yield { kind: 'entropy', value: entropy }
}

function decodeDocument(text: string) {
  const document = decodeBody(vmConfig, parseJson(text))
  const { balloon, cpuConfig, memoryHotplug, mmdsConfig, pmem = [] } = document
  const unsupported = Object.entries({ balloon, cpuConfig, memoryHotplug, mmdsConfig })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name)
  if (pmem.length > 0) unsupported.push('pmem')
  if (unsupported.length > 0) {
    throw new Fault(`The requested operation is not supported: ${unsupported.join(', ')}`)
  }
  return document
}
