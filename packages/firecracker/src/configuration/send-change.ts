import { UnsupportedByVersionError } from '../client/errors.ts'
import type { CallOptions, FirecrackerClient } from '../client/firecracker-client.ts'
import type { MachineChange, PluggablePart } from '../server/vmm.ts'
import type { Endpoint } from '../versions/endpoints.ts'
import { PLUG_SINCE } from '../versions/since.ts'
import { isAtLeast } from '../versions/version.ts'

/** The call that a plugged-in device is made with, as before the start. */
const PLUG_CALLS = {
  drive: 'PUT /drives/{id}',
  pmem: 'PUT /pmem/{id}',
  network_interface: 'PUT /network-interfaces/{id}',
} as const satisfies Record<PluggablePart['kind'], Endpoint>

/** Makes the call that changes a device of a running machine. */
export function sendChange(
  client: FirecrackerClient,
  change: MachineChange,
  options: CallOptions | undefined,
): Promise<void> {
  switch (change.kind) {
    case 'plug':
      return plug(client, change.part, options)
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

/** The call is old, and older versions do not say what they lack: only that the machine runs. */
async function plug(
  client: FirecrackerClient,
  part: PluggablePart,
  options: CallOptions | undefined,
): Promise<void> {
  const version = await client.version(options)
  if (!isAtLeast(version, PLUG_SINCE)) {
    const missing = { endpoint: PLUG_CALLS[part.kind], neededVersion: PLUG_SINCE }
    throw new UnsupportedByVersionError(missing, version)
  }
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
