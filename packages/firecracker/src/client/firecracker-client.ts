import type {
  Balloon,
  BalloonStatistics,
  BalloonStatisticsUpdate,
  BalloonUpdate,
  HintingStart,
  HintingStatus,
} from '../schemas/balloon.ts'
import type { DriveUpdate } from '../schemas/drive.ts'
import type { Action, InstanceInfo, VmState } from '../schemas/instance.ts'
import type { MachineConfig } from '../schemas/machine-config.ts'
import type { MemoryHotplugStatus, MemoryHotplugUpdate } from '../schemas/memory-hotplug.ts'
import type { NetworkInterfaceUpdate } from '../schemas/network-interface.ts'
import type { PmemUpdate } from '../schemas/pmem.ts'
import type { SnapshotCreate, SnapshotLoad } from '../schemas/snapshot.ts'
import type { VmConfig } from '../schemas/vm-config.ts'
import type { CallOptions } from './api-connection.ts'
import { ConfigurationCalls } from './configuration-calls.ts'
import { UnsupportedError } from './errors.ts'

export type { CallOptions } from './api-connection.ts'

/** Enough for 32 GiB on a disk that takes 110 MiB a second. */
const CREATE_SNAPSHOT_DEADLINE_MS = 5 * 60_000

/** What a snapshot is loaded from; the deprecated fields of the API are left out. */
export type SnapshotSource = Omit<
  SnapshotLoad,
  'memBackend' | 'memFilePath' | 'enableDiffSnapshots'
> & { readonly memBackend: NonNullable<SnapshotLoad['memBackend']> }

/**
 * A client for one VMM's API socket. Calls go out one after the other over one kept connection.
 *
 * Every method throws `ApiFaultError` (`vmm_api_fault`) where the VMM refuses,
 * `UnsupportedByVersionError` (`unsupported_by_version`) where it is too old for the call or one of
 * its fields and `InvalidValueError` (`invalid_value`) for a value that the call does not take, both
 * before it is sent, and otherwise `ApiUnreachableError` (`vmm_api_unreachable`), `ApiDeadlineError`
 * (`vmm_api_deadline`), `ApiResponseError` (`vmm_api_response`), or the reason of its signal. A call
 * that was not answered may have been acted upon.
 *
 * The VMM is asked for its version once, by the first call that came after Firecracker 1.0.0.
 */
export class FirecrackerClient extends ConfigurationCalls {
  /**
   * `version` is the VMM's, where it is known already. Throws `SocketPathError`
   * (`socket_path_too_long`).
   */
  constructor(socketPath: string, options: { readonly version?: string } = {}) {
    super(socketPath, options.version)
  }

  /**
   * Connects by another path of the same socket from now on, such as one in `/proc/self/fd`. Throws
   * `SocketPathError` (`socket_path_too_long`).
   */
  connectBy(socketPath: string): void {
    this.connection.connectBy(socketPath)
  }

  instanceInfo(options?: CallOptions): Promise<InstanceInfo> {
    return this.connection.get('GET /', options)
  }

  version(options?: CallOptions): Promise<string> {
    return this.connection.version(options)
  }

  machineConfig(options?: CallOptions): Promise<MachineConfig> {
    return this.connection.get('GET /machine-config', options)
  }

  vmConfig(options?: CallOptions): Promise<VmConfig> {
    return this.connection.get('GET /vm/config', options)
  }

  perform(actionType: Action['actionType'], options?: CallOptions): Promise<void> {
    return this.connection.send('PUT /actions', { actionType }, options)
  }

  patchVmState(state: VmState['state'], options?: CallOptions): Promise<void> {
    return this.connection.send('PATCH /vm', { state }, options)
  }

  /** A new file behind a drive, or new limits. */
  patchDrive(value: DriveUpdate, options?: CallOptions): Promise<void> {
    return this.connection.send('PATCH /drives/{id}', value, options, value.driveId)
  }

  /** The guest must have let go of it. As all DELETE, it needs `--enable-pci`. */
  deleteDrive(driveId: string, options?: CallOptions): Promise<void> {
    return this.connection.call('DELETE /drives/{id}', options, driveId)
  }

  patchPmem(value: PmemUpdate, options?: CallOptions): Promise<void> {
    return this.connection.send('PATCH /pmem/{id}', value, options, value.id)
  }

  deletePmem(id: string, options?: CallOptions): Promise<void> {
    return this.connection.call('DELETE /pmem/{id}', options, id)
  }

  patchNetworkInterface(value: NetworkInterfaceUpdate, options?: CallOptions): Promise<void> {
    return this.connection.send('PATCH /network-interfaces/{id}', value, options, value.ifaceId)
  }

  deleteNetworkInterface(ifaceId: string, options?: CallOptions): Promise<void> {
    return this.connection.call('DELETE /network-interfaces/{id}', options, ifaceId)
  }

  balloon(options?: CallOptions): Promise<Balloon> {
    return this.connection.get('GET /balloon', options)
  }

  patchBalloon(value: BalloonUpdate, options?: CallOptions): Promise<void> {
    return this.connection.send('PATCH /balloon', value, options)
  }

  balloonStatistics(options?: CallOptions): Promise<BalloonStatistics> {
    return this.connection.get('GET /balloon/statistics', options)
  }

  patchBalloonStatistics(value: BalloonStatisticsUpdate, options?: CallOptions): Promise<void> {
    return this.connection.send('PATCH /balloon/statistics', value, options)
  }

  hintingStatus(options?: CallOptions): Promise<HintingStatus> {
    return this.connection.get('GET /balloon/hinting/status', options)
  }

  startHinting(value: HintingStart = {}, options?: CallOptions): Promise<void> {
    return this.connection.send('PATCH /balloon/hinting/start', value, options)
  }

  stopHinting(options?: CallOptions): Promise<void> {
    return this.connection.call('PATCH /balloon/hinting/stop', options)
  }

  memoryHotplugStatus(options?: CallOptions): Promise<MemoryHotplugStatus> {
    return this.connection.get('GET /hotplug/memory', options)
  }

  patchMemoryHotplug(value: MemoryHotplugUpdate, options?: CallOptions): Promise<void> {
    return this.connection.send('PATCH /hotplug/memory', value, options)
  }

  /**
   * The machine must be paused. It resets every connection over vsock; who listens stays. All of the
   * guest's memory is written before it is answered: the deadline is 5 min unless `options` has one.
   */
  createSnapshot(value: SnapshotCreate, options: CallOptions = {}): Promise<void> {
    const { signal, deadlineMs = CREATE_SNAPSHOT_DEADLINE_MS } = options
    return this.connection.send('PUT /snapshot/create', value, { signal, deadlineMs })
  }

  /**
   * Into a VMM that was told nothing yet but its sinks; one that refuses ends. The memory is mapped
   * and not read, so that it takes no longer than other calls. Throws `UnsupportedError`
   * (`unsupported`) for the back end `Uffd`: somebody must receive file descriptors over a socket,
   * which Node.js cannot.
   */
  async loadSnapshot(value: SnapshotSource, options?: CallOptions): Promise<void> {
    if (value.memBackend.backendType === 'Uffd') {
      throw new UnsupportedError('the back end Uffd', 'Node.js cannot receive file descriptors')
    }
    await this.connection.send('PUT /snapshot/load', value, options)
  }
}
