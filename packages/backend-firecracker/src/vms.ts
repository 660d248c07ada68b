import { BackendError, type ExecuteOptions } from '@vulcan/backend'
import type { ShutdownStage } from '@vulcan/firecracker'
import { admit } from './admit.ts'
import { boot } from './boot.ts'
import { BootClock } from './boot-clock.ts'
import { CidAllocator } from './cid.ts'
import { Holding } from './lifecycle/holding.ts'
import { Journal, type VmEnd } from './lifecycle/journal.ts'
import { Manifest, releaseHolding } from './lifecycle/manifest.ts'
import { type Recovery, recover } from './lifecycle/recover.ts'
import type { HeldSlot } from './networks.ts'
import { Steps } from './steps.ts'
import { Timeline } from './timeline.ts'
import type { Vm, VmHost, VmNeeds } from './vm.ts'
import { tellStarted } from './vm-watcher.ts'

/**
 * A VMM that ends by itself also reaps the processes it started; killed, it would leave them to an
 * init that may not.
 */
const END_OF_VM: readonly ShutdownStage[] = [
  { stage: 'terminate', timeoutMs: 2_000 },
  { stage: 'kill', timeoutMs: 10_000 },
]

export interface VmsOptions extends VmHost {
  /** Whose lock proves that these VMs are in use. */
  readonly ownerId: string
  /** Told what could not be released; it is tried again by the next recovery. */
  readonly onReleaseError: (error: unknown) => void
}

export interface OpenOptions extends Pick<ExecuteOptions, 'signal' | 'onEvent'> {
  /** It is for a workload that is still to come. */
  readonly pooled?: boolean
  /** Since when its workload waits, of the same clock as `performance.now`. Default: now. */
  readonly startedAtMs?: number
}

/** The VMs of a backend, each from its beginning to the end of its release. */
export class Vms {
  readonly #options: VmsOptions
  readonly #cids: CidAllocator
  readonly #bootClock = new BootClock()
  /** By id; resolves when nothing is held any more. */
  readonly #held = new Map<string, PromiseWithResolvers<void>>()
  /** The networks of VMs that could not be released: each goes after its VM. */
  readonly #stranded = new Map<string, HeldSlot>()
  /** Settles with the latest recovery. */
  #recovered: Promise<unknown> = Promise.resolve()

  constructor(options: VmsOptions) {
    this.#options = options
    this.#cids = new CidAllocator(options.config.cidBase)
  }

  /** Begins a VM, of which nothing exists yet outside this process. It is to be released. */
  open(id: string, options: OpenOptions): Vm {
    const { signal, pooled = false, startedAtMs } = options
    const holding = new Holding(this.#options.layout, 'vms', id, this.#options.ownerId)
    const journal = new Journal(holding)
    const vm: Vm = {
      cid: this.#cids.allocate(),
      holding,
      manifest: new Manifest(holding),
      journal,
      timeline: new Timeline(options, journal, startedAtMs),
      signal,
      pooled,
      held: new DisposableStack(),
      udsPath: holding.udsPath,
      opened: false,
      network: undefined,
      process: undefined,
      exit: undefined,
      agent: 'typed',
      prepared: undefined,
    }
    this.#held.set(id, Promise.withResolvers())
    this.#options.watcher?.opened()
    return vm
  }

  /**
   * Brings a VM up to the point where its agent takes a request. Where the machine is full,
   * `makeRoom` is asked to end something else, until it has nothing more.
   */
  async boot(vm: Vm, needs: VmNeeds, makeRoom?: () => Promise<boolean>): Promise<void> {
    const beganAtMs = performance.now()
    await this.#admit(needs, makeRoom)
    await boot(this.#options, vm, needs, this.#bootClock)
    tellStarted(this.#options, vm, performance.now() - beganAtMs)
  }

  /** Never rejects: what cannot be released is reported, and stays in its manifest. */
  async release(vm: Vm, end: VmEnd | undefined): Promise<void> {
    const beganAtMs = performance.now()
    const steps = new Steps(this.#options)
    let result: 'ok' | 'error' = 'ok'
    try {
      if (vm.opened && end !== undefined) vm.journal.ended(end)
    } catch (error) {
      this.#options.onReleaseError(error)
    }
    vm.prepared?.[Symbol.dispose]()
    const { id } = vm.holding
    try {
      const slot = await vm.network?.catch(() => undefined)
      // Last, when the VM is no more in it.
      if (slot !== undefined) this.#stranded.set(id, slot)
      await vm.process?.shutdown(END_OF_VM)
      await releaseHolding(vm.holding, this.#options.layout)
      await this.#releaseStranded(id)
    } catch (error) {
      result = 'error'
      this.#options.onReleaseError(error)
    } finally {
      steps.ended('release')
      this.#options.watcher?.released(result, performance.now() - beganAtMs)
      vm.held.dispose()
      this.#cids.release(vm.cid)
      this.#held.get(id)?.resolve()
      this.#held.delete(id)
    }
  }

  /** Resolves when what is held now is released. */
  async idle(): Promise<void> {
    await Promise.all([...this.#held.values()].map(({ promise }) => promise))
  }

  /**
   * Releases what dead owners left, and what could not be released here before. One waits for the
   * other, since what the first one has claimed would look like something that could not be released.
   */
  recover(): Promise<Recovery> {
    const recovery = this.#recovered.then(() => this.#recover())
    this.#recovered = recovery.catch(() => undefined)
    return recovery
  }

  async #admit(needs: VmNeeds, makeRoom = async () => false): Promise<void> {
    for (;;) {
      try {
        return await admit(this.#options, needs, this.#held.size)
      } catch (error) {
        if (!(error instanceof BackendError) || !(await makeRoom())) throw error
      }
    }
  }

  async #recover(): Promise<Recovery> {
    const { layout, ownerId, networks } = this.#options
    const isInUse = ({ kind, id }: Holding) =>
      kind === 'vms' ? this.#held.has(id) : networks.has(id)
    const { released, failures } = await recover(layout, ownerId, isInUse)
    const slots = await Promise.allSettled(released.map((id) => this.#releaseStranded(id)))
    const stuck = slots.filter((slot) => slot.status === 'rejected').map(({ reason }) => reason)
    return { released, failures: [...failures, ...stuck] }
  }

  async #releaseStranded(vmId: string): Promise<void> {
    const slot = this.#stranded.get(vmId)
    this.#stranded.delete(vmId)
    await slot?.[Symbol.asyncDispose]()
  }
}
