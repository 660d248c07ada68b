import type { CallOptions, FirecrackerClient } from '../client/firecracker-client.ts'
import type { MachineChange, PluggablePart } from '../server/vmm.ts'

/** Makes the call that changes a device of a running machine. */
export function sendChange(
  client: FirecrackerClient,
  change: MachineChange,
  options: CallOptions | undefined,
): Promise<void> {
  switch (change.kind) {
    case 'plug':
      return sendPart(client, change.part, options)
    case 'unplug':
      return unplug(client, change, options)
    case 'drive':
      return client.patchDrive(change.value, options)
    case 'pmem':
      return client.patchPmem(change.value, options)
    case 'network_interface':
      return client.patchNetworkInterface(change.value, options)
    case 'balloon':
      return client.patchBalloon(change.value, options)
    case 'balloon_statistics':
      return client.patchBalloonStatistics(change.value, options)
    case 'balloon_hinting_start':
      return client.startHinting(change.value, options)
    case 'balloon_hinting_stop':
      return client.stopHinting(options)
    case 'memory_hotplug':
      return client.patchMemoryHotplug(change.value, options)
  }
}

function sendPart(
  client: FirecrackerClient,
  part: PluggablePart,
  options: CallOptions | undefined,
): Promise<void> {
  switch (part.kind) {
    case 'drive':
      return client.putDrive(part.value, options)
    case 'pmem':
      return client.putPmem(part.value, options)
    case 'network_interface':
      return client.putNetworkInterface(part.value, options)
  }
}

function unplug(
  client: FirecrackerClient,
  { device, id }: Extract<MachineChange, { kind: 'unplug' }>,
  options: CallOptions | undefined,
): Promise<void> {
  switch (device) {
    case 'drive':
      return client.deleteDrive(id, options)
    case 'pmem':
      return client.deletePmem(id, options)
    case 'network_interface':
      return client.deleteNetworkInterface(id, options)
  }
}
