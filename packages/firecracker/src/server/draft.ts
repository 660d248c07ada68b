import { Fault } from './fault.ts'
import { completeBalloon } from './parts/balloon.ts'
import { checkBootSource } from './parts/boot-source.ts'
import { insertDrive } from './parts/drive.ts'
import { MACHINE_CONFIG_DEFAULTS, updateMachineConfig } from './parts/machine-config.ts'
import { completeMemoryHotplug } from './parts/memory-hotplug.ts'
import { completeMmdsConfig } from './parts/mmds-config.ts'
import { insertNetworkInterface } from './parts/network-interface.ts'
import { insertPmem } from './parts/pmem.ts'
import { checkLogger, checkMetrics } from './parts/sinks.ts'
import { checkVsock } from './parts/vsock.ts'
import type { ConfigurationPart, MachineConfiguration } from './vmm.ts'

/** A configuration on its way: complete but for the boot source. */
export type MachineConfigurationDraft = Omit<MachineConfiguration, 'bootSource'> &
  Partial<Pick<MachineConfiguration, 'bootSource'>>

/** Firecracker's defaults. */
export const EMPTY_DRAFT: MachineConfigurationDraft = {
  machineConfig: { vcpuCount: 1, memSizeMib: 128, ...MACHINE_CONFIG_DEFAULTS },
  drives: [],
  networkInterfaces: [],
}

/**
 * `draft` with one more part, after the checks that Firecracker itself makes when the part comes.
 * Throws `Fault` with Firecracker's words.
 */
export async function addPart(
  draft: MachineConfigurationDraft,
  part: ConfigurationPart,
): Promise<MachineConfigurationDraft> {
  const { machineConfig, drives, pmem = [], networkInterfaces } = draft
  switch (part.kind) {
    case 'boot_source':
      await checkBootSource(part.value)
      return { ...draft, bootSource: part.value }
    case 'machine_config': {
      const updated = updateMachineConfig(machineConfig, part.value, draft.balloon)
      return { ...draft, machineConfig: updated }
    }
    case 'drive': {
      const rootIsPmem = pmem.some((device) => device.rootDevice === true)
      return { ...draft, drives: await insertDrive(drives, part.value, rootIsPmem) }
    }
    case 'pmem': {
      const rootIsDrive = drives.some((drive) => drive.isRootDevice)
      return { ...draft, pmem: insertPmem(pmem, part.value, rootIsDrive) }
    }
    case 'network_interface': {
      const inserted = insertNetworkInterface(networkInterfaces, part.value)
      return { ...draft, networkInterfaces: inserted }
    }
    case 'vsock':
      await checkVsock(part.value, draft.vsock)
      return { ...draft, vsock: part.value }
    case 'balloon':
      return { ...draft, balloon: completeBalloon(part.value, machineConfig.memSizeMib) }
    case 'mmds_config':
      return { ...draft, mmdsConfig: completeMmdsConfig(part.value, networkInterfaces) }
    case 'memory_hotplug':
      return { ...draft, memoryHotplug: completeMemoryHotplug(part.value) }
    case 'metrics':
      if (draft.metrics !== undefined) throw metricsTwice()
      await checkMetrics(part.value)
      return { ...draft, metrics: part.value }
    case 'logger':
      await checkLogger(part.value)
      return { ...draft, logger: part.value }
    case 'cpu_config':
      return { ...draft, cpuConfig: part.value }
    default:
      return { ...draft, [part.kind]: part.value }
  }
}

/** Throws `Fault` where the machine cannot be started yet. */
export function completeConfiguration(draft: MachineConfigurationDraft): MachineConfiguration {
  const { bootSource } = draft
  if (bootSource === undefined) {
    throw new Fault('Start microvm error: Cannot start microvm without kernel configuration.')
  }
  return { ...draft, bootSource }
}

function metricsTwice(): Fault {
  return new Fault(
    'Metrics error: Cannot initialize the metrics system due to bad user input: Reinitialization of metrics not allowed.',
  )
}
