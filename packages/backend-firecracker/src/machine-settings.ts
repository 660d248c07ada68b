import type { MachineSettings } from '@vulcan/firecracker'
import type { FirecrackerConfig } from './config.ts'
import { GUEST_AGENT_PATH } from './constants.ts'
import type { Vm, VmNeeds } from './vm.ts'

/** What the VMM is told about a VM. The agent finds the drives in this order. */
export function machineSettings(
  config: FirecrackerConfig,
  { cid, directory }: Vm,
  needs: VmNeeds,
  files: { kernelPath: string; initrdPath: string; rootfsPath: string; scratchPath: string },
): MachineSettings {
  return {
    machineConfig: {
      vcpuCount: needs.cpus ?? config.defaultVcpus,
      memSizeMib: needs.memMib ?? config.defaultMemMib,
    },
    bootSource: {
      kernelImagePath: files.kernelPath,
      initrdPath: files.initrdPath,
      bootArgs: bootArgs(config.vsockPort),
    },
    drives: [
      { driveId: 'rootfs', isRootDevice: true, isReadOnly: true, pathOnHost: files.rootfsPath },
      {
        driveId: 'scratch',
        isRootDevice: false,
        isReadOnly: false,
        pathOnHost: files.scratchPath,
      },
    ],
    vsock: { guestCid: cid, udsPath: directory.udsPath },
  }
}

/** What every guest is told; a VMM adds what it needs beyond that. */
function bootArgs(vsockPort: number): string {
  return `console=ttyS0 reboot=k panic=1 pci=off quiet init=${GUEST_AGENT_PATH} vulcan.port=${vsockPort}`
}
