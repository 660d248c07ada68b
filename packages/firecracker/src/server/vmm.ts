import type { BootSource } from '../schemas/boot-source.ts'
import type { Drive, Entropy, NetworkInterface, Vsock } from '../schemas/devices.ts'
import type { MachineConfig, MachineConfigUpdate } from '../schemas/machine-config.ts'
import type { Logger, Metrics, Serial } from '../schemas/sinks.ts'

/** One configuration request, after its shape and Firecracker's own checks were found good. */
export type ConfigurationPart =
  | { readonly kind: 'boot_source'; readonly value: BootSource }
  | { readonly kind: 'machine_config'; readonly value: MachineConfigUpdate }
  | { readonly kind: 'drive'; readonly value: Drive }
  | { readonly kind: 'network_interface'; readonly value: NetworkInterface }
  | { readonly kind: 'vsock'; readonly value: Vsock }
  | { readonly kind: 'entropy'; readonly value: Entropy }
  | { readonly kind: 'serial'; readonly value: Serial }
  | { readonly kind: 'logger'; readonly value: Logger }
  | { readonly kind: 'metrics'; readonly value: Metrics }

export type CompleteMachineConfig = {
  readonly [Field in keyof MachineConfig]-?: Exclude<MachineConfig[Field], undefined>
}

/** All that a machine was told to be when it starts: checked, defaults filled in. */
export interface MachineConfiguration {
  readonly bootSource: BootSource
  readonly machineConfig: CompleteMachineConfig
  /** The root drive, if there is one, is first; the others in the order they were added. */
  readonly drives: readonly Drive[]
  readonly networkInterfaces: readonly NetworkInterface[]
  readonly vsock?: Vsock
  readonly entropy?: Entropy
  readonly serial?: Serial
  readonly logger?: Logger
  readonly metrics?: Metrics
}

/**
 * What differs between the programs behind the Firecracker API; `VmmApi` does the rest.
 *
 * Calls come one at a time, and only those that the machine's state allows. A method refuses by
 * throwing `Fault`: the request is then answered with its message and has changed nothing.
 */
export interface Vmm {
  readonly identity: VmmIdentity
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
}

/** What `GET /` and `GET /version` tell, beside the state. */
export interface VmmIdentity {
  readonly id: string
  readonly vmmVersion: string
  readonly appName: string
}
