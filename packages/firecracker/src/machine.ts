import { VulcanError } from '@vulcan/schema'
import type { CallOptions, FirecrackerClient, SnapshotSource } from './client/firecracker-client.ts'
import { sendChange } from './configuration/send-change.ts'
import { sendSettings } from './configuration/send-settings.ts'
import type { MachineSettings } from './configuration/settings.ts'
import { type MachineState, type Operation, stateAfter } from './machine-state.ts'
import type { SnapshotCreate } from './schemas/snapshot.ts'
import type { MachineChange } from './server/vmm.ts'
import {
  hasBug,
  KnownBugError,
  type KnownBugName,
  refuseGuestKernel,
} from './versions/known-bugs.ts'

export type { MachineSettings } from './configuration/settings.ts'

/** An operation that the machine's state does not allow; the VMM was not asked. */
export class MachineStateError extends VulcanError<'machine_state'> {
  readonly operation: Operation
  readonly state: MachineState

  constructor(operation: Operation, state: MachineState) {
    super('machine_state', `cannot ${operation} a machine that is ${state}`)
    this.operation = operation
    this.state = state
  }
}

export interface KnownBugOptions extends CallOptions {
  /** Goes on where the running version has a known bug with what is asked for (default false). */
  readonly acceptKnownBugs?: boolean | undefined
}

/** The name of the program that has Firecracker's bugs; others answer the same API. */
const FIRECRACKER = 'Firecracker'

/**
 * A VMM's machine from the outside: its client, gated by the table of machine states and by what is
 * known of the running version.
 *
 * Every method throws `MachineStateError` (`machine_state`) and what `FirecrackerClient` throws;
 * `configure`, `resume` and `loadSnapshot` also `KnownBugError` (`known_bug`). After an error that
 * leaves open whether the VMM acted, only ending the VMM is safe.
 */
export class Machine {
  readonly #client: FirecrackerClient
  #state: MachineState
  /** Whether a snapshot was made or loaded since the guest ran last. */
  #snapshotSincePause = false

  /** `state` is `running` where the VMM was started with a `--config-file`. */
  constructor(client: FirecrackerClient, state: 'not_started' | 'running' = 'not_started') {
    this.#client = client
    this.#state = state
  }

  get state(): MachineState {
    return this.#state
  }

  /** The same description as a file is `configFileOf`. */
  async configure(settings: MachineSettings, options: KnownBugOptions = {}): Promise<void> {
    await this.#perform('configure', async () => {
      const { guestKernelVersion, vsock } = settings
      if (guestKernelVersion !== undefined && vsock !== undefined && !options.acceptKnownBugs) {
        const version = await this.#firecrackerVersion(options)
        if (version !== undefined) refuseGuestKernel(version, guestKernelVersion)
      }
      await sendSettings(this.#client, settings, options)
    })
  }

  async start(options?: CallOptions): Promise<void> {
    await this.#perform('start', () => this.#client.perform('InstanceStart', options))
  }

  async pause(options?: CallOptions): Promise<void> {
    const wasPaused = this.#state === 'paused'
    await this.#perform('pause', () => this.#client.patchVmState('Paused', options))
    if (!wasPaused) this.#snapshotSincePause = false
  }

  /**
   * In Firecracker 1.16.0 and 1.16.1 a machine with vsock that is resumed without a snapshot since
   * its pause can no longer be connected to: refused with `KnownBugError`, it stays paused.
   */
  async resume(options: KnownBugOptions = {}): Promise<void> {
    await this.#perform('resume', async () => {
      const bare = this.#state === 'paused' && !this.#snapshotSincePause
      if (bare && !options.acceptKnownBugs) {
        await this.#refuseBug('vsock_hangs_after_resume', options, async () => {
          return (await this.#client.vmConfig(options)).vsock !== undefined
        })
      }
      await this.#client.patchVmState('Resumed', options)
    })
  }

  /** Changes a device while the guest runs or is paused. */
  async change(change: MachineChange, options?: CallOptions): Promise<void> {
    await this.#perform('change', () => sendChange(this.#client, change, options))
  }

  /**
   * Of a paused machine. Every connection over vsock is reset; who listens in the guest stays. The
   * deadline is 5 min unless `options` has one: all of the guest's memory is written.
   */
  async createSnapshot(request: SnapshotCreate, options?: CallOptions): Promise<void> {
    await this.#perform('create_snapshot', () => this.#client.createSnapshot(request, options))
    this.#snapshotSincePause = true
  }

  /**
   * Into a fresh VMM; with `resumeVm` the guest runs afterwards. The vsock's socket is bound anew at
   * the path of the snapshot, or that of `vsockOverride`, where nothing may be. Connections of before
   * the snapshot are reset; who listens in the guest can be connected to at once.
   */
  async loadSnapshot(source: SnapshotSource, options: KnownBugOptions = {}): Promise<void> {
    await this.#perform('load_snapshot', async () => {
      if (!options.acceptKnownBugs) await this.#refuseBug('vsock_dead_after_restore', options)
      await this.#client.loadSnapshot(source, options)
    })
    this.#snapshotSincePause = true
    if (source.resumeVm === true) this.#enter(stateAfter('resume', 'paused'))
  }

  async sendCtrlAltDel(options?: CallOptions): Promise<void> {
    await this.#perform('send_ctrl_alt_del', () => this.#client.perform('SendCtrlAltDel', options))
  }

  async flushMetrics(options?: CallOptions): Promise<void> {
    await this.#perform('flush_metrics', () => this.#client.perform('FlushMetrics', options))
  }

  /** To be called when the VMM's process has ended. */
  end(): void {
    this.#state = 'ended'
  }

  async #perform(operation: Operation, call: () => Promise<void>): Promise<void> {
    const next = stateAfter(operation, this.#state)
    if (next === undefined) throw new MachineStateError(operation, this.#state)
    await call()
    this.#enter(next)
  }

  #enter(next: MachineState | undefined): void {
    if (this.#state !== 'ended' && next !== undefined) this.#state = next
  }

  async #refuseBug(
    bug: KnownBugName,
    options: CallOptions,
    concerned: () => Promise<boolean> = async () => true,
  ): Promise<void> {
    const version = await this.#firecrackerVersion(options)
    if (version === undefined || !hasBug(version, bug)) return
    if (await concerned()) throw new KnownBugError(bug, version)
  }

  /** Undefined where another program answers the API. */
  async #firecrackerVersion({ signal, deadlineMs }: CallOptions): Promise<string | undefined> {
    const info = await this.#client.instanceInfo({ signal, deadlineMs })
    return info.appName === FIRECRACKER ? info.vmmVersion : undefined
  }
}
