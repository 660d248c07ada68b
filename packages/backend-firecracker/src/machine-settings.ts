import type { MachineSettings } from '@vulcan/firecracker'
import type { NetworkInterface } from '@vulcan/firecracker/api'
import type { NetworkSlot } from '@vulcan/network'
import type { FirecrackerConfig } from './config.ts'
import { GUEST_AGENT_PATH } from './constants.ts'
import type { VmFiles } from './place/place.ts'
import type { Vm, VmNeeds } from './vm.ts'

/** What the VMM is told about a VM, by the paths that it knows. The agent finds the drives in this order. */
export function machineSettings(
  config: FirecrackerConfig,
  { cid }: Vm,
  needs: VmNeeds,
  slot: NetworkSlot | undefined,
  files: VmFiles & { readonly udsPath: string },
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
    networkInterfaces: slot === undefined ? [] : [networkInterface(slot)],
    vsock: { guestCid: cid, udsPath: files.udsPath },
  }
}

/** Its MTU comes with the guest's addresses, since Firecracker knows the field only from 1.16 on. */
function networkInterface({ tapName, guestMac }: NetworkSlot): NetworkInterface {
  return { ifaceId: 'eth0', hostDevName: tapName, guestMac }
}

/**
 * Of what Firecracker tells a guest for which nobody names arguments: there is no keyboard, only a
 * controller that can reset the machine, and looking for more takes the kernel long.
 */
const FIRECRACKERS_OWN = 'i8042.noaux i8042.nomux i8042.nopnp i8042.dumbkbd cryptomgr.notests'

/** What every guest is told; a VMM adds what it needs beyond that. */
function bootArgs(vsockPort: number): string {
  return `console=ttyS0 reboot=k panic=1 pci=off quiet ${FIRECRACKERS_OWN} init=${GUEST_AGENT_PATH} vulcan.port=${vsockPort}`
}
