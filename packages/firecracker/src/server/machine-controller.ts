import {
  type AnsweringState,
  type MachineState,
  type Operation,
  stateAfter,
} from '../machine-state.ts'
import type { Balloon, BalloonStatistics, HintingStatus } from '../schemas/balloon.ts'
import type { InstanceInfo } from '../schemas/instance.ts'
import type { MemoryHotplugStatus } from '../schemas/memory-hotplug.ts'
import type { Metadata } from '../schemas/mmds.ts'
import type { SnapshotCreate, SnapshotLoad } from '../schemas/snapshot.ts'
import type { VmConfig } from '../schemas/vm-config.ts'
import { changeMachine, checkHinting, deviceMissing } from './change-machine.ts'
import { describeConfig } from './describe-config.ts'
import { addPart, completeConfiguration, EMPTY_DRAFT } from './draft.ts'
import { Fault, unsupported } from './fault.ts'
import { MetadataStore, metadataMissing } from './metadata-store.ts'
import type { CompleteMachineConfig, ConfigurationPart, MachineChange, Vmm } from './vmm.ts'

/** The operations without a body of their own, named as in the table of machine states. */
type Performed = 'start' | 'pause' | 'resume' | 'send_ctrl_alt_del' | 'flush_metrics'

/** What a snapshot cannot be loaded over: all parts but these, which are not of the machine. */
const NOT_OF_THE_BOOT: ReadonlySet<ConfigurationPart['kind']> = new Set([
  'logger',
  'metrics',
  'serial',
  'cpu_config',
])

/**
 * The one owner of a machine behind the API: its state, its configuration, its VMM. Calls must not
 * overlap; `VmmApi` queues them.
 */
export class MachineController {
  readonly #metadata: MetadataStore
  readonly #vmm: Vmm
  #state: MachineState = 'not_started'
  #draft = EMPTY_DRAFT
  #boots = false

  constructor(vmm: Vmm) {
    this.#vmm = vmm
    this.#metadata = new MetadataStore(vmm.metadataBytesMax)
  }

  get state(): MachineState {
    return this.#state
  }

  get vmmVersion(): string {
    return this.#vmm.identity.vmmVersion
  }

  get instanceInfo(): InstanceInfo {
    return { ...this.#vmm.identity, state: this.#answeringState() }
  }

  get machineConfig(): CompleteMachineConfig {
    return this.#draft.machineConfig
  }

  get vmConfig(): VmConfig {
    return describeConfig(this.#draft)
  }

  get balloon(): Balloon {
    const { balloon } = this.#draft
    if (balloon !== undefined) return balloon
    if (this.#state !== 'not_started') throw deviceMissing()
    throw new Fault('Balloon config error: No balloon device found.')
  }

  async balloonStatistics(): Promise<BalloonStatistics> {
    this.#nextState('measure')
    if (this.balloon.statsPollingIntervalS === 0) {
      throw new Fault('Internal VMM error: Balloon: Received stats query when stats are disabled.')
    }
    if (this.#vmm.balloonStatistics === undefined) throw unsupported('balloon statistics')
    return this.#vmm.balloonStatistics(this.balloon)
  }

  async hintingStatus(): Promise<HintingStatus> {
    this.#nextState('measure')
    checkHinting(completeConfiguration(this.#draft))
    if (this.#vmm.hintingStatus === undefined) throw unsupported('balloon hinting')
    return this.#vmm.hintingStatus()
  }

  async memoryHotplugStatus(): Promise<MemoryHotplugStatus> {
    this.#nextState('measure')
    const { memoryHotplug } = this.#draft
    if (memoryHotplug === undefined) throw deviceMissing()
    if (this.#vmm.memoryHotplugStatus === undefined) throw unsupported('memory hotplug')
    return this.#vmm.memoryHotplugStatus(memoryHotplug)
  }

  /** Of a machine that runs, devices on the PCI bus can still be added. */
  async configure(part: ConfigurationPart): Promise<void> {
    const pluggable =
      part.kind === 'drive' || part.kind === 'pmem' || part.kind === 'network_interface'
    if (pluggable && stateAfter('change', this.#state) !== undefined) {
      return this.change({ kind: 'plug', part })
    }
    this.#nextState('configure')
    // Firecracker counts a part that it refuses, too.
    this.#boots ||= !NOT_OF_THE_BOOT.has(part.kind)
    const draft = await addPart(this.#draft, part)
    await this.#vmm.configure?.(part)
    this.#draft = draft
  }

  async change(change: MachineChange): Promise<void> {
    this.#nextState('change')
    const { pciEnabled = false } = this.#vmm
    const machine = completeConfiguration(this.#draft)
    const changed = await changeMachine(machine, change, pciEnabled)
    if (this.#vmm.change === undefined) throw unsupported(`to change a device (${change.kind})`)
    await this.#vmm.change(change, changed)
    this.#draft = changed
  }

  async perform(operation: Performed): Promise<void> {
    const next = this.#nextState(operation)
    await this.#performOnVmm(operation)
    this.#enter(next)
  }

  /** Of a machine that runs without the service, there is none; before the start there always is. */
  getMetadata(): Metadata {
    this.#checkMetadataService()
    return this.#metadata.get() ?? {}
  }

  putMetadata(value: Metadata): Promise<void> {
    return this.#setMetadata(() => this.#metadata.put(value))
  }

  patchMetadata(patch: Metadata): Promise<void> {
    return this.#setMetadata(() => this.#metadata.patch(patch))
  }

  async createSnapshot(request: SnapshotCreate): Promise<void> {
    if (this.#state === 'running') {
      throw new Fault(
        'Create snapshot error: Cannot save the microVM state: Operation not allowed: save/restore unavailable while running',
      )
    }
    this.#nextState('create_snapshot')
    if (this.#vmm.createSnapshot === undefined) throw unsupported('PUT /snapshot/create')
    await this.#vmm.createSnapshot(request, completeConfiguration(this.#draft))
  }

  async loadSnapshot(request: SnapshotLoad): Promise<void> {
    const next = this.#nextState('load_snapshot')
    if (this.#boots) {
      throw new Fault(
        'Load snapshot error: Loading a microVM snapshot not allowed after configuring boot-specific resources.',
      )
    }
    if (this.#vmm.loadSnapshot === undefined) throw unsupported('PUT /snapshot/load')
    this.#draft = await this.#vmm.loadSnapshot(request)
    this.#enter(next)
    if (request.resumeVm === true) await this.perform('resume')
  }

  end(): void {
    this.#state = 'ended'
  }

  async #performOnVmm(operation: Performed): Promise<void> {
    switch (operation) {
      case 'start':
        return this.#vmm.start(completeConfiguration(this.#draft))
      case 'pause':
        return this.#vmm.pause()
      case 'resume':
        return this.#vmm.resume()
      case 'send_ctrl_alt_del':
        if (this.#vmm.sendCtrlAltDel === undefined) throw unsupported('SendCtrlAltDel')
        return this.#vmm.sendCtrlAltDel()
      case 'flush_metrics':
        if (this.#vmm.flushMetrics === undefined) throw unsupported('FlushMetrics')
        return this.#vmm.flushMetrics()
    }
  }

  async #setMetadata(next: () => Metadata): Promise<void> {
    this.#nextState('inspect')
    this.#checkMetadataService()
    const value = next()
    if (this.#vmm.setMetadata === undefined) throw unsupported('there is no metadata service')
    await this.#vmm.setMetadata(value)
    this.#metadata.set(value)
  }

  #checkMetadataService(): void {
    const { mmdsConfig } = this.#draft
    if (this.#state !== 'not_started' && mmdsConfig === undefined) throw metadataMissing()
  }

  /** The VMM may have ended meanwhile, and nothing leads back from there. */
  #enter(next: MachineState): void {
    if (this.#state !== 'ended') this.#state = next
  }

  #nextState(operation: Operation): MachineState {
    const next = stateAfter(operation, this.#state)
    if (next !== undefined) return next
    const when = this.#state === 'not_started' ? 'before' : 'after'
    throw new Fault(`The requested operation is not supported ${when} starting the microVM.`)
  }

  #answeringState(): AnsweringState {
    if (this.#state === 'ended') throw new Fault('The microVM has ended.')
    return this.#state
  }
}
