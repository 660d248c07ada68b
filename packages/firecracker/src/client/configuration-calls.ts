import type { Balloon } from '../schemas/balloon.ts'
import type { BootSource } from '../schemas/boot-source.ts'
import type { CpuConfig } from '../schemas/cpu-config.ts'
import type { Drive } from '../schemas/drive.ts'
import type { Entropy } from '../schemas/entropy.ts'
import type { MachineConfig, MachineConfigUpdate } from '../schemas/machine-config.ts'
import type { MemoryHotplug } from '../schemas/memory-hotplug.ts'
import type { Metadata, MmdsConfig } from '../schemas/mmds.ts'
import type { NetworkInterface } from '../schemas/network-interface.ts'
import type { Pmem } from '../schemas/pmem.ts'
import type { Logger, Metrics, Serial } from '../schemas/sinks.ts'
import type { Vsock } from '../schemas/vsock.ts'
import { ApiConnection, type CallOptions } from './api-connection.ts'

/**
 * The calls that say what a machine is to be. Before its start only, but for metadata, which can
 * change at any time, and for devices on the PCI bus (`--enable-pci`), which can be plugged in.
 */
export class ConfigurationCalls implements Disposable {
  protected readonly connection: ApiConnection

  constructor(socketPath: string, version: string | undefined) {
    this.connection = new ApiConnection(socketPath, version)
  }

  putBootSource(value: BootSource, options?: CallOptions): Promise<void> {
    return this.connection.send('PUT /boot-source', value, options)
  }

  /** Absent fields get Firecracker's defaults. */
  putMachineConfig(value: MachineConfig, options?: CallOptions): Promise<void> {
    return this.connection.send('PUT /machine-config', value, options)
  }

  /** Absent fields stay as they are. */
  patchMachineConfig(value: MachineConfigUpdate, options?: CallOptions): Promise<void> {
    return this.connection.send('PATCH /machine-config', value, options)
  }

  /** A custom CPU template. */
  putCpuConfig(value: CpuConfig, options?: CallOptions): Promise<void> {
    return this.connection.send('PUT /cpu-config', value, options)
  }

  putDrive(value: Drive, options?: CallOptions): Promise<void> {
    return this.connection.send('PUT /drives/{id}', value, options, value.driveId)
  }

  /** The file is opened when the machine starts. */
  putPmem(value: Pmem, options?: CallOptions): Promise<void> {
    return this.connection.send('PUT /pmem/{id}', value, options, value.id)
  }

  putNetworkInterface(value: NetworkInterface, options?: CallOptions): Promise<void> {
    return this.connection.send('PUT /network-interfaces/{id}', value, options, value.ifaceId)
  }

  /** Firecracker binds `udsPath` at once and refuses a path that exists. */
  putVsock(value: Vsock, options?: CallOptions): Promise<void> {
    return this.connection.send('PUT /vsock', value, options)
  }

  putBalloon(value: Balloon, options?: CallOptions): Promise<void> {
    return this.connection.send('PUT /balloon', value, options)
  }

  putEntropy(value: Entropy, options?: CallOptions): Promise<void> {
    return this.connection.send('PUT /entropy', value, options)
  }

  /** Memory that can be given to the guest while it runs. */
  putMemoryHotplug(value: MemoryHotplug, options?: CallOptions): Promise<void> {
    return this.connection.send('PUT /hotplug/memory', value, options)
  }

  putSerial(value: Serial, options?: CallOptions): Promise<void> {
    return this.connection.send('PUT /serial', value, options)
  }

  putLogger(value: Logger, options?: CallOptions): Promise<void> {
    return this.connection.send('PUT /logger', value, options)
  }

  /** Firecracker takes it once. */
  putMetrics(value: Metrics, options?: CallOptions): Promise<void> {
    return this.connection.send('PUT /metrics', value, options)
  }

  /** The network interfaces that it names must be there. */
  putMmdsConfig(value: MmdsConfig, options?: CallOptions): Promise<void> {
    return this.connection.send('PUT /mmds/config', value, options)
  }

  /** `{}` before there are any. */
  metadata(options?: CallOptions): Promise<Metadata> {
    return this.connection.get('GET /mmds', options)
  }

  putMetadata(value: Metadata, options?: CallOptions): Promise<void> {
    return this.connection.send('PUT /mmds', value, options)
  }

  /** Merges (RFC 7396) into metadata that are there. */
  patchMetadata(value: Metadata, options?: CallOptions): Promise<void> {
    return this.connection.send('PATCH /mmds', value, options)
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.connection[Symbol.dispose]()
  }
}
