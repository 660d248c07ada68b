import {
  type AnsweringState,
  type MachineState,
  type Operation,
  stateAfter,
} from '../machine-state.ts'
import type { InstanceInfo } from '../schemas/instance.ts'
import type { VmConfig } from '../schemas/vm-config.ts'
import { addPart, completeConfiguration, EMPTY_DRAFT } from './draft.ts'
import { Fault } from './fault.ts'
import type { CompleteMachineConfig, ConfigurationPart, Vmm } from './vmm.ts'

/** The operations that the VMM itself performs, named as in the table of machine states. */
type Performed = Exclude<Operation, 'inspect' | 'configure' | 'end'>

/**
 * The one owner of a machine behind the API: its state, its configuration, its VMM. Calls must not
 * overlap; `VmmApi` queues them.
 */
export class MachineController {
  readonly #vmm: Vmm
  #state: MachineState = 'not_started'
  #draft = EMPTY_DRAFT

  constructor(vmm: Vmm) {
    this.#vmm = vmm
  }

  get state(): MachineState {
    return this.#state
  }

  get instanceInfo(): InstanceInfo {
    return { ...this.#vmm.identity, state: this.#answeringState() }
  }

  get machineConfig(): CompleteMachineConfig {
    return this.#draft.machineConfig
  }

  /** As Firecracker, it leaves out the sinks, and names an empty kernel before there is one. */
  get vmConfig(): VmConfig {
    const { bootSource, drives, machineConfig, networkInterfaces, vsock, entropy } = this.#draft
    return {
      bootSource: bootSource ?? { kernelImagePath: '' },
      drives: [...drives],
      machineConfig,
      networkInterfaces: [...networkInterfaces],
      vsock,
      entropy,
    }
  }

  async configure(part: ConfigurationPart): Promise<void> {
    this.#nextState('configure')
    const draft = await addPart(this.#draft, part)
    await this.#vmm.configure?.(part)
    this.#draft = draft
  }

  async perform(operation: Performed): Promise<void> {
    const next = this.#nextState(operation)
    await this.#performOnVmm(operation)
    // The VMM may have ended meanwhile, and nothing leads back from there.
    if (this.#state !== 'ended') this.#state = next
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

function unsupported(what: string): Fault {
  return new Fault(`The requested operation is not supported: ${what}`)
}
