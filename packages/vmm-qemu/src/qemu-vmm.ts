import {
  type ConfigurationPart,
  Fault,
  type MachineConfiguration,
  type Vmm,
  type VmmIdentity,
} from '@vulcan/firecracker/api'
import { VulcanError } from '@vulcan/schema'
import { FIRECRACKER_VERSION } from './command-line.ts'
import { whenAborted } from './deadline.ts'
import type { Log } from './log.ts'
import { type Machine, type MachineEnd, startMachine } from './machine.ts'
import type { MachineHost } from './machine-host.ts'
import { refusePart } from './refuse-part.ts'

/** What is behind the Firecracker API here. Disposing ends the machine, one that starts included. */
export class QemuVmm implements Vmm, AsyncDisposable {
  readonly identity: VmmIdentity
  readonly #host: MachineHost
  readonly #log: Log
  readonly #stopping = new AbortController()
  readonly #ended = Promise.withResolvers<MachineEnd>()
  #starting: Promise<Machine> | undefined
  #machine: Machine | undefined

  /** A start under way ends with `signal`. */
  constructor(id: string, host: MachineHost, log: Log, signal: AbortSignal) {
    this.identity = { id, vmmVersion: FIRECRACKER_VERSION, appName: 'vulcan-vmm' }
    this.#host = host
    this.#log = log
    void whenAborted(signal).then(() => this.#stop())
  }

  /** How the machine ended, once it has been started; never rejects. */
  get ended(): Promise<MachineEnd> {
    return this.#ended.promise
  }

  async configure(part: ConfigurationPart): Promise<void> {
    await refusePart(part)
    if (part.kind === 'logger') this.#configureLog(part.value)
  }

  async start(configuration: MachineConfiguration): Promise<void> {
    this.#starting = startMachine(configuration, this.#host, this.#stopping.signal)
    this.#machine = await this.#starting.catch(startFailure)
    this.#log.info('the guest runs')
    void this.#machine.ended.then(this.#ended.resolve)
  }

  pause(): void {
    this.#machine?.pause()
  }

  resume(): void {
    this.#machine?.resume()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop()
    const machine = await this.#starting?.catch(() => undefined)
    await machine?.[Symbol.asyncDispose]()
  }

  #stop(): void {
    this.#stopping.abort(new Fault('vulcan-vmm is ending'))
  }

  #configureLog({ logPath, level }: Extract<ConfigurationPart, { kind: 'logger' }>['value']): void {
    try {
      this.#log.configure({ path: logPath, level })
    } catch (cause) {
      throw new Fault(`Logger error: cannot open ${logPath}: ${String(cause)}`, { cause })
    }
  }
}

/** What can go wrong with a machine is an answer; anything else is a bug. */
function startFailure(error: unknown): never {
  if (error instanceof Fault || !(error instanceof VulcanError)) throw error
  throw new Fault(`Start microvm error: ${error.message}`, { cause: error })
}
