import type {
  Balloon,
  BalloonStatistics,
  BalloonStatisticsUpdate,
  BalloonUpdate,
  HintingStart,
  HintingStatus,
} from '../schemas/balloon.ts'
import type { BootSource } from '../schemas/boot-source.ts'
import type { CpuConfig } from '../schemas/cpu-config.ts'
import type { Drive, DriveUpdate } from '../schemas/drive.ts'
import type { Entropy } from '../schemas/entropy.ts'
import type { MachineConfig, MachineConfigUpdate } from '../schemas/machine-config.ts'
import type {
  MemoryHotplug,
  MemoryHotplugStatus,
  MemoryHotplugUpdate,
} from '../schemas/memory-hotplug.ts'
import type { Metadata, MmdsConfig } from '../schemas/mmds.ts'
import type { NetworkInterface, NetworkInterfaceUpdate } from '../schemas/network-interface.ts'
import type { Pmem, PmemUpdate } from '../schemas/pmem.ts'
import type { Logger, Metrics, Serial } from '../schemas/sinks.ts'
import type { SnapshotCreate, SnapshotLoad } from '../schemas/snapshot.ts'
import type { Vsock } from '../schemas/vsock.ts'

/** A device that can also be plugged in while the machine runs. */
export type PluggablePart =
  | { readonly kind: 'drive'; readonly value: Drive }
  | { readonly kind: 'pmem'; readonly value: Pmem }
  | { readonly kind: 'network_interface'; readonly value: NetworkInterface }

/** One configuration request, after its shape and Firecracker's own checks were found good. */
export type ConfigurationPart =
  | PluggablePart
  | { readonly kind: 'boot_source'; readonly value: BootSource }
  | { readonly kind: 'machine_config'; readonly value: MachineConfigUpdate }
  | { readonly kind: 'cpu_config'; readonly value: CpuConfig }
  | { readonly kind: 'vsock'; readonly value: Vsock }
  | { readonly kind: 'balloon'; readonly value: Balloon }
  | { readonly kind: 'mmds_config'; readonly value: MmdsConfig }
  | { readonly kind: 'entropy'; readonly value: Entropy }
  | { readonly kind: 'memory_hotplug'; readonly value: MemoryHotplug }
  | { readonly kind: 'serial'; readonly value: Serial }
  | { readonly kind: 'logger'; readonly value: Logger }
  | { readonly kind: 'metrics'; readonly value: Metrics }

/** What a running machine can be told about its devices. */
export type MachineChange =
  | { readonly kind: 'plug'; readonly part: PluggablePart }
  | { readonly kind: 'unplug'; readonly device: PluggablePart['kind']; readonly id: string }
  | { readonly kind: 'drive'; readonly value: DriveUpdate }
  | { readonly kind: 'pmem'; readonly value: PmemUpdate }
  | { readonly kind: 'network_interface'; readonly value: NetworkInterfaceUpdate }
  | { readonly kind: 'balloon'; readonly value: BalloonUpdate }
  | { readonly kind: 'balloon_statistics'; readonly value: BalloonStatisticsUpdate }
  | { readonly kind: 'balloon_hinting_start'; readonly value: HintingStart }
  | { readonly kind: 'balloon_hinting_stop' }
  | { readonly kind: 'memory_hotplug'; readonly value: MemoryHotplugUpdate }

/** With Firecracker's defaults; `cpuTemplate` is there only if it was set. */
export type CompleteMachineConfig = {
  readonly [Field in Exclude<keyof MachineConfig, 'cpuTemplate'>]-?: Exclude<
    MachineConfig[Field],
    undefined
  >
} & Pick<MachineConfig, 'cpuTemplate'>

/** All that a machine was told to be when it starts: checked, defaults filled in. */
export interface MachineConfiguration {
  readonly bootSource: BootSource
  readonly machineConfig: CompleteMachineConfig
  /** The root drive, if there is one, is first; the others in the order they were added. */
  readonly drives: readonly Drive[]
  readonly networkInterfaces: readonly NetworkInterface[]
  readonly pmem?: readonly Pmem[] | undefined
  readonly cpuConfig?: CpuConfig | undefined
  readonly vsock?: Vsock | undefined
  readonly balloon?: Balloon | undefined
  readonly mmdsConfig?: MmdsConfig | undefined
  readonly entropy?: Entropy | undefined
  readonly memoryHotplug?: MemoryHotplug | undefined
  readonly serial?: Serial | undefined
  readonly logger?: Logger | undefined
  readonly metrics?: Metrics | undefined
}

/**
 * What differs between the programs behind the Firecracker API; `VmmApi` does the rest.
 *
 * Calls come one at a time, and only those that the machine's state allows. A method refuses by
 * throwing `Fault`: the request is then answered with its message and has changed nothing. A method
 * that is absent is answered with a fault that says so.
 */
export interface Vmm {
  readonly identity: VmmIdentity
  /** Whether it was started with `--enable-pci`: without that no device can be plugged in. */
  readonly pciEnabled?: boolean
  /** Of the metadata as JSON; default 51,200. */
  readonly metadataBytesMax?: number
  /**
   * Called for every part as it comes: the place to refuse what this VMM cannot honour, and to
   * bind the vsock's socket. A vsock that comes a second time replaces the first.
   */
  configure?(part: ConfigurationPart): void | Promise<void>
  /** Resolves when the guest's CPUs run. After a `Fault` the machine can be started again. */
  start(configuration: MachineConfiguration): void | Promise<void>
  /** Also called when paused already. */
  pause(): void | Promise<void>
  /** Also called when running already. */
  resume(): void | Promise<void>
  sendCtrlAltDel?(): void | Promise<void>
  flushMetrics?(): void | Promise<void>
  /** `configuration` is what the machine is after the change. */
  change?(change: MachineChange, configuration: MachineConfiguration): void | Promise<void>
  balloonStatistics?(balloon: Balloon): BalloonStatistics | Promise<BalloonStatistics>
  hintingStatus?(): HintingStatus | Promise<HintingStatus>
  memoryHotplugStatus?(device: MemoryHotplug): MemoryHotplugStatus | Promise<MemoryHotplugStatus>
  /** Gets the metadata whenever they have changed. */
  setMetadata?(value: Metadata): void | Promise<void>
  /** The machine is paused. */
  createSnapshot?(
    request: SnapshotCreate,
    configuration: MachineConfiguration,
  ): void | Promise<void>
  /** Resolves to what the machine, which is then paused, is. After a `Fault` the VMM must end. */
  loadSnapshot?(request: SnapshotLoad): Promise<MachineConfiguration>
}

/** What `GET /` and `GET /version` tell, beside the state. */
export interface VmmIdentity {
  readonly id: string
  readonly vmmVersion: string
  readonly appName: string
}
