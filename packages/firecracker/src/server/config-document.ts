import { readFile } from 'node:fs/promises'
import { type CpuConfig, cpuConfig } from '../schemas/cpu-config.ts'
import { encodeVmConfig, type VmConfig, vmConfig } from '../schemas/vm-config.ts'
import { missingFromDocument } from '../versions/missing-from-document.ts'
import { decodeBody, parseFields, unknownField } from './decode-body.ts'
import { Fault, osErrorText } from './fault.ts'
import type { MachineController } from './machine-controller.ts'
import { MACHINE_CONFIG_DEFAULTS } from './parts/machine-config.ts'
import type { ConfigurationPart } from './vmm.ts'

/** Configures and starts the machine as a `--config-file` says, in Firecracker's order. */
export async function applyConfigDocument(machine: MachineController, text: string): Promise<void> {
  const document = decodeBody(vmConfig, parseFields(text))
  const missing = missingFromDocument(machine.vmmVersion, encodeVmConfig(document))
  if (missing !== undefined) throw unknownField(missing.field ?? missing.endpoint)
  for (const part of await partsOf(document)) await machine.configure(part)
  await machine.perform('start')
}

async function partsOf(document: VmConfig): Promise<ConfigurationPart[]> {
  const { logger, metrics, machineConfig, bootSource, drives, networkInterfaces = [] } = document
  const { vsock, balloon, mmdsConfig, entropy, pmem = [], memoryHotplug } = document
  const parts: ConfigurationPart[] = []
  if (logger) parts.push({ kind: 'logger', value: logger })
  if (metrics) parts.push({ kind: 'metrics', value: metrics })
  if (machineConfig) {
    parts.push({ kind: 'machine_config', value: { ...MACHINE_CONFIG_DEFAULTS, ...machineConfig } })
  }
  if (document.cpuConfig !== undefined) {
    parts.push({ kind: 'cpu_config', value: await readCpuConfig(document.cpuConfig) })
  }
  parts.push({ kind: 'boot_source', value: bootSource })
  for (const value of drives) parts.push({ kind: 'drive', value })
  for (const value of networkInterfaces) parts.push({ kind: 'network_interface', value })
  if (vsock) parts.push({ kind: 'vsock', value: vsock })
  if (balloon) parts.push({ kind: 'balloon', value: balloon })
  if (mmdsConfig) parts.push({ kind: 'mmds_config', value: mmdsConfig })
  if (entropy) parts.push({ kind: 'entropy', value: entropy })
  for (const value of pmem) parts.push({ kind: 'pmem', value })
  if (memoryHotplug) parts.push({ kind: 'memory_hotplug', value: memoryHotplug })
  return parts
}

async function readCpuConfig(given: CpuConfig | string): Promise<CpuConfig> {
  if (typeof given !== 'string') return given
  try {
    return decodeBody(cpuConfig, parseFields(await readFile(given, 'utf8')))
  } catch (error) {
    if (error instanceof Fault) throw error
    throw new Fault(`File error: ${osErrorText(error)}`, { cause: error })
  }
}
