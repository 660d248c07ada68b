import { Fault } from './fault.ts'
import { checkDriveBackend, secondRootDrive } from './parts/drive.ts'
import { insertNetworkInterface } from './parts/network-interface.ts'
import { insertPmem, secondRootPmem } from './parts/pmem.ts'
import type { MachineChange, MachineConfiguration, PluggablePart } from './vmm.ts'

/** A running machine with one more device, which must be on the PCI bus. Throws `Fault`. */
export async function plugPart(
  machine: MachineConfiguration,
  part: PluggablePart,
  pciEnabled: boolean,
): Promise<MachineConfiguration> {
  checkPci(pciEnabled)
  if (idsOf(machine, part.kind).includes(idOf(part))) throw new Fault('Device ID in use')
  switch (part.kind) {
    case 'drive':
      if (part.value.isRootDevice) throw secondRootDrive()
      await checkDriveBackend(part.value)
      return { ...machine, drives: [...machine.drives, part.value] }
    case 'pmem':
      if (part.value.rootDevice === true) throw secondRootPmem()
      return { ...machine, pmem: insertPmem(machine.pmem ?? [], part.value, false) }
    case 'network_interface': {
      const networkInterfaces = insertNetworkInterface(machine.networkInterfaces, part.value)
      return { ...machine, networkInterfaces }
    }
  }
}

/** A running machine with one device less. Throws `Fault`. */
export function unplugPart(
  machine: MachineConfiguration,
  { device, id }: Extract<MachineChange, { kind: 'unplug' }>,
  pciEnabled: boolean,
): MachineConfiguration {
  checkPci(pciEnabled)
  if (!idsOf(machine, device).includes(id)) throw new Fault('Device not found')
  const { drives, pmem = [], networkInterfaces } = machine
  const isRoot =
    drives.some((drive) => device === 'drive' && drive.driveId === id && drive.isRootDevice) ||
    pmem.some((other) => device === 'pmem' && other.id === id && other.rootDevice === true)
  if (isRoot) throw new Fault('Cannot unplug root device')
  switch (device) {
    case 'drive':
      return { ...machine, drives: drives.filter((drive) => drive.driveId !== id) }
    case 'pmem':
      return { ...machine, pmem: pmem.filter((other) => other.id !== id) }
    case 'network_interface': {
      const left = networkInterfaces.filter(({ ifaceId }) => ifaceId !== id)
      return { ...machine, networkInterfaces: left }
    }
  }
}

function checkPci(pciEnabled: boolean): void {
  if (!pciEnabled) throw new Fault('PCI is not enabled')
}

function idOf(part: PluggablePart): string {
  switch (part.kind) {
    case 'drive':
      return part.value.driveId
    case 'pmem':
      return part.value.id
    case 'network_interface':
      return part.value.ifaceId
  }
}

function idsOf(machine: MachineConfiguration, kind: PluggablePart['kind']): string[] {
  switch (kind) {
    case 'drive':
      return machine.drives.map(({ driveId }) => driveId)
    case 'pmem':
      return (machine.pmem ?? []).map(({ id }) => id)
    case 'network_interface':
      return machine.networkInterfaces.map(({ ifaceId }) => ifaceId)
  }
}
