import type { Drive } from '../schemas/drive.ts'
import type { VmConfig } from '../schemas/vm-config.ts'
import type { MachineConfigurationDraft } from './draft.ts'

/**
 * What `GET /vm/config` tells. As Firecracker, it leaves out the sinks and the CPU template, and
 * names an empty kernel before there is one.
 */
export function describeConfig(draft: MachineConfigurationDraft): VmConfig {
  const { bootSource, drives, machineConfig, networkInterfaces, pmem = [] } = draft
  const { vsock, balloon, mmdsConfig, entropy, memoryHotplug } = draft
  return {
    bootSource: bootSource ?? { kernelImagePath: '' },
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

/** With the defaults of its back end: a file, or a vhost-user socket, which has none of the two. */
function describeDrive(drive: Drive): Drive {
  if (drive.pathOnHost === undefined) return { cacheType: 'Unsafe', ...drive }
  return { cacheType: 'Unsafe', isReadOnly: false, ioEngine: 'Sync', ...drive }
}
