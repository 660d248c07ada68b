import { VulcanError } from '@vulcan/schema'
import type { CallOptions, FirecrackerClient } from './client/firecracker-client.ts'
import { type MachineState, type Operation, stateAfter } from './machine-state.ts'
import type { MachineConfig } from './schemas/machine-config.ts'
import type { MachineConfiguration } from './server/vmm.ts'

/** What a machine is to be; absent parts are not sent. */
export type MachineSettings = Pick<MachineConfiguration, 'bootSource'> &
  Partial<Omit<MachineConfiguration, 'bootSource' | 'machineConfig'>> & {
    readonly machineConfig?: MachineConfig
  }

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

/**
 * A VMM's machine from the outside: its client, gated by the table of machine states.
 *
 * Every method throws `MachineStateError` (`machine_state`) and what `FirecrackerClient` throws.
 * After an error that leaves open whether the VMM acted, only ending the VMM is safe.
 */
export class Machine {
  readonly #client: FirecrackerClient
  #state: MachineState

  /** `state` is `running` where the VMM was started with a `--config-file`. */
  constructor(client: FirecrackerClient, state: 'not_started' | 'running' = 'not_started') {
    this.#client = client
    this.#state = state
  }

  get state(): MachineState {
    return this.#state
  }

  async configure(settings: MachineSettings, options?: CallOptions): Promise<void> {
    await this.#perform('configure', () => sendSettings(this.#client, settings, options))
  }

  async start(options?: CallOptions): Promise<void> {
    await this.#perform('start', () => this.#client.perform('InstanceStart', options))
  }

  /**
   * In Firecracker 1.16.1 a pause and resume without a snapshot breaks later connections from the
   * host to the guest (fixed on its main branch only).
   */
  async pause(options?: CallOptions): Promise<void> {
    await this.#perform('pause', () => this.#client.patchVmState('Paused', options))
  }

  async resume(options?: CallOptions): Promise<void> {
    await this.#perform('resume', () => this.#client.patchVmState('Resumed', options))
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
    if (this.#state !== 'ended') this.#state = next
  }
}

async function sendSettings(
  client: FirecrackerClient,
  settings: MachineSettings,
  options: CallOptions | undefined,
): Promise<void> {
  const { logger, metrics, serial, machineConfig, bootSource } = settings
  const { drives = [], networkInterfaces = [], vsock, entropy } = settings
  if (logger) await client.putLogger(logger, options)
  if (metrics) await client.putMetrics(metrics, options)
  if (serial) await client.putSerial(serial, options)
  if (machineConfig) await client.putMachineConfig(machineConfig, options)
  await client.putBootSource(bootSource, options)
  for (const drive of drives) await client.putDrive(drive, options)
  for (const device of networkInterfaces) await client.putNetworkInterface(device, options)
  if (vsock) await client.putVsock(vsock, options)
  if (entropy) await client.putEntropy(entropy, options)
}
