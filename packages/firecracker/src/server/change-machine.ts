import type { Balloon } from '../schemas/balloon.ts'
import { Fault } from './fault.ts'
import { plugPart, unplugPart } from './plug.ts'
import type { MachineChange, MachineConfiguration } from './vmm.ts'

const MIB = 1024 * 1024
const NOT_FOUND = 'Failed perform action on device: Device not found'

/**
 * What a running machine is after a change, after the checks that Firecracker makes. Throws `Fault`
 * with Firecracker's words.
 */
export async function changeMachine(
  machine: MachineConfiguration,
  change: MachineChange,
  pciEnabled: boolean,
): Promise<MachineConfiguration> {
  switch (change.kind) {
    case 'plug':
      return plugPart(machine, change.part, pciEnabled)
    case 'unplug':
      return unplugPart(machine, change, pciEnabled)
    case 'drive':
      return { ...machine, drives: update(machine.drives, 'driveId', change.value, driveFault) }
    case 'pmem':
      return { ...machine, pmem: update(machine.pmem ?? [], 'id', change.value, pmemFault) }
    case 'network_interface': {
      const { networkInterfaces } = machine
      const updated = update(networkInterfaces, 'ifaceId', change.value, networkFault)
      return { ...machine, networkInterfaces: updated }
    }
    case 'balloon':
      return { ...machine, balloon: resizeBalloon(machine, change.value.amountMib) }
    case 'balloon_statistics':
      return { ...machine, balloon: updateStatistics(balloonOf(machine), change.value) }
    case 'balloon_hinting_start':
    case 'balloon_hinting_stop':
      checkHinting(machine)
      return machine
    case 'memory_hotplug':
      checkHotplugSize(machine, change.value.requestedSizeMib)
      return machine
  }
}

/** Throws `Fault` where the balloon of a running machine has no hinting. */
export function checkHinting(machine: MachineConfiguration): void {
  if (balloonOf(machine).freePageHinting === true) return
  throw balloonFault('Balloon: Attempting to use hinting when not enabled')
}

/** The fault of a call that looks for a device that a running machine does not have. */
export function deviceMissing(): Fault {
  return new Fault(`Internal VMM error: ${NOT_FOUND}`)
}

/** Only what the update names changes: a rate limiter's two buckets stay independent. */
function update<Device extends object, Key extends string>(
  devices: readonly Device[],
  key: Key & keyof Device,
  change: Partial<Record<Key, unknown>>,
  fault: () => Fault,
): readonly Device[] {
  if (!devices.some((device) => device[key] === change[key])) throw fault()
  return devices.map((device) =>
    device[key] === change[key] ? mergeFields(device, change) : device,
  )
}

function mergeFields<Device extends object>(device: Device, change: object): Device {
  const merged = new Map<string, unknown>(Object.entries(device))
  for (const [name, value] of Object.entries(change)) {
    const before = merged.get(name)
    const nested = typeof before === 'object' && typeof value === 'object'
    merged.set(name, nested ? { ...before, ...value } : value)
  }
  return Object.fromEntries(merged) as Device
}

function resizeBalloon(machine: MachineConfiguration, amountMib: number): Balloon {
  const balloon = balloonOf(machine)
  if (amountMib <= machine.machineConfig.memSizeMib) return { ...balloon, amountMib }
  throw balloonFault(`Balloon: Requested memory should be less than ${amountMib}MiB`)
}

function updateStatistics(
  balloon: Balloon,
  { statsPollingIntervalS }: { statsPollingIntervalS: number },
): Balloon {
  const before = balloon.statsPollingIntervalS ?? 0
  if ((before === 0) !== (statsPollingIntervalS === 0)) {
    throw balloonFault('Balloon: Statistics cannot be enabled/disabled after activation.')
  }
  return { ...balloon, statsPollingIntervalS }
}

function balloonOf({ balloon }: MachineConfiguration): Balloon {
  if (balloon === undefined) throw balloonFault(NOT_FOUND)
  return balloon
}

function checkHotplugSize({ memoryHotplug }: MachineConfiguration, sizeMib: number): void {
  const prefix = 'Memory hotplug update error:'
  if (memoryHotplug === undefined) throw new Fault(`${prefix} ${NOT_FOUND}`)
  const { totalSizeMib, blockSizeMib = 1 } = memoryHotplug
  if (sizeMib <= totalSizeMib && sizeMib % blockSizeMib === 0) return
  throw new Fault(
    `${prefix} Failed to create memory hotplug device: Size ${sizeMib * MIB} is invalid: it must be a multiple of block size and less than the total size`,
  )
}

function balloonFault(reason: string): Fault {
  return new Fault(`Balloon update error: ${reason}`)
}

function driveFault(): Fault {
  return new Fault(
    `Drive config error: Unable to patch the block device: ${NOT_FOUND} Please verify the request arguments.`,
  )
}

function pmemFault(): Fault {
  return new Fault(
    `Pmem config error: Unable to patch the pmem device: ${NOT_FOUND} Please verify the request arguments.`,
  )
}

function networkFault(): Fault {
  return new Fault(`Network config error: Unable to update the net device: ${NOT_FOUND}`)
}
