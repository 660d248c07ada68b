import * as z from 'zod'
import type { Drive } from '../schemas/drive.ts'
import { encodeVmConfig, type VmConfig } from '../schemas/vm-config.ts'
import type { MachineConfigurationDraft } from './draft.ts'

/**
 * What `GET /vm/config` tells. As Firecracker, it leaves out the sinks and the CPU template, and
 * names an empty kernel before there is one.
 */
export function describeConfig(draft: MachineConfigurationDraft): VmConfig {
  const { drives, machineConfig, networkInterfaces, pmem = [] } = draft
  const { vsock, balloon, mmdsConfig, entropy, memoryHotplug } = draft
  return {
    bootSource: draft.bootSource ?? { kernelImagePath: '' },
    drives: drives.map(describeDrive),
    machineConfig,
    networkInterfaces: [...networkInterfaces],
    pmem: [...pmem],
    // Its id is deprecated, and not kept.
    ...(vsock && { vsock: { guestCid: vsock.guestCid, udsPath: vsock.udsPath } }),
    ...(balloon && { balloon }),
    ...(mmdsConfig && { mmdsConfig }),
    ...(entropy && { entropy }),
    ...(memoryHotplug && { memoryHotplug }),
  }
}

/** What is not configured, as Firecracker tells it. */
const NOT_CONFIGURED = {
  'cpu-config': null,
  vsock: null,
  balloon: null,
  'mmds-config': null,
  entropy: null,
  'memory-hotplug': null,
  logger: null,
  metrics: null,
}
const fields = z.record(z.string(), z.unknown())
const NO_BOOT_OPTIONS = { initrd_path: null, boot_args: null }

/** The same as on the wire, where it tells what is not configured, too. */
export function encodeDescription(config: VmConfig): Readonly<Record<string, unknown>> {
  const configured = encodeVmConfig(config)
  const bootSource = fields.parse(configured['boot-source'])
  return { ...NOT_CONFIGURED, ...configured, 'boot-source': { ...NO_BOOT_OPTIONS, ...bootSource } }
}

/** With the defaults of its back end: a file, or a vhost-user socket, which has none of the two. */
function describeDrive(drive: Drive): Drive {
  if (drive.pathOnHost === undefined) return { cacheType: 'Unsafe', ...drive }
  return { cacheType: 'Unsafe', isReadOnly: false, ioEngine: 'Sync', ...drive }
}
