import { availableParallelism } from 'node:os'
import type { Runtime } from '@vulcan/schema'
import type { Vm, VmNeeds } from '../vm.ts'
import { bootFiles } from './boot-files.ts'
import type { PoolLimits } from './limits.ts'
import { careFor, staleIn } from './look-after.ts'
import { shapeOf } from './shape.ts'
import type { Shelf } from './shelf.ts'
import { Shelves } from './shelves.ts'
import type { Starting } from './starting.ts'
import { type VmMaker, WaitingVm } from './waiting-vm.ts'
import { Yielding } from './yielding.ts'

export interface PoolOptions extends VmMaker {
  readonly limits: PoolLimits
  readonly runtimes: readonly Runtime[]
  /** How many workloads hold something now. */
  readonly atWork: () => number
}

/** Waiting VMs are looked after so often, or twice in the time that they may wait in vain. */
const LOOK_EVERY_MS = 10_000
/** As many starts at once as leave most of the machine to others. */
const STARTS_MAX = Math.max(1, Math.floor(availableParallelism() / 4))

/**
 * VMs that are booted before a workload wants them, each for one workload. For shapes that were
 * wanted of late there are as many as were missed, within limits. Whoever finds none boots one.
 */
export class WarmPool implements AsyncDisposable {
  readonly #options: PoolOptions
  readonly #shelves: Shelves
  readonly #yielding: Yielding
  readonly #ended = new AbortController()
  /** Starts and releases that go on, and what is done to look after VMs. None rejects. */
  readonly #going = new Set<Promise<void>>()
  readonly #looking: NodeJS.Timeout
  #starts = 0
  #isPreparing = false

  constructor(options: PoolOptions) {
    this.#options = options
    const { host, limits, runtimes, atWork, onProblem } = options
    this.#shelves = new Shelves(limits)
    this.#yielding = new Yielding(atWork, () => this.refill())
    for (const runtime of limits.min > 0 ? runtimes : []) {
      if (bootFiles(host.config, runtime, onProblem) === undefined) continue
      const needs = { runtime, network: host.config.networkDefault }
      this.#shelves.add(shapeOf(needs, host.config), limits.min)
    }
    const everyMs = Math.min(LOOK_EVERY_MS, limits.idleMs / 2)
    this.#looking = setInterval(() => this.#lookAfterAll(), everyMs).unref()
    this.refill()
  }

  /**
   * A VM that waits, or is about to: it is the caller's now, who releases it. Undefined where there
   * is none, or the signal aborts.
   */
  async take(needs: VmNeeds, signal: AbortSignal): Promise<Vm | undefined> {
    const { host } = this.#options
    if (this.#ended.signal.aborted) return undefined
    const shelf = this.#shelves.of(shapeOf(needs, host.config))
    shelf?.want()
    const waiting = shelf && this.#takeReady(shelf)
    host.watcher?.poolAsked(needs.runtime, waiting === undefined ? 'miss' : 'hit')
    if (waiting !== undefined) {
      shelf?.succeed()
      host.watcher?.poolGave(needs.runtime, waiting.waitedMs())
      return waiting.vm
    }
    shelf?.grow()
    return (await shelf?.starting.find(({ isTaken }) => !isTaken)?.take(signal))?.vm
  }

  /** To be called for a VM that was taken and was dead. */
  tellLost({ runtime }: VmNeeds, error: unknown): void {
    const { host, onProblem } = this.#options
    host.watcher?.poolAsked(runtime, 'lost')
    onProblem(error)
  }

  /**
   * To be called where a workload finds no room: ends the VM that has waited longest, and waits for
   * its release. False: none waits.
   */
  async giveUpOne(): Promise<boolean> {
    this.#yielding.full()
    const shelf = this.#shelves.stalest()
    const waiting = shelf?.ready[0]
    if (shelf === undefined || waiting === undefined) return false
    shelf.shrink()
    await this.#end(shelf, waiting)
    return true
  }

  /** To be called when there may be room for more VMs, such as when a workload has ended. */
  refill(): void {
    for (;;) {
      if (this.#ended.signal.aborted || this.#starts >= STARTS_MAX) return
      const shelf = this.#shelves.neediest()
      if (shelf === undefined || !this.#yielding.mayGo()) return
      this.#yielding.went()
      void this.#track(this.#start(shelf))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#looking)
    this.#yielding[Symbol.dispose]()
    this.#ended.abort(new Error('the pool is closed'))
    for (const shelf of this.#shelves) {
      for (const waiting of [...shelf.ready]) void this.#end(shelf, waiting)
    }
    while (this.#going.size > 0) await Promise.all(this.#going)
  }

  #takeReady(shelf: Shelf): WaitingVm | undefined {
    for (;;) {
      const waiting = shelf.ready.at(-1)
      if (waiting === undefined) return undefined
      if (waiting.isUsable()) {
        this.#withdraw(shelf, waiting)
        return waiting
      }
      void this.#end(shelf, waiting)
    }
  }

  async #start(shelf: Shelf): Promise<void> {
    const { host, onProblem } = this.#options
    const { runtime } = shelf.shape
    const startedAtMs = performance.now()
    const starting = shelf.begin()
    this.#starts += 1
    try {
      const waiting = await WaitingVm.start(this.#options, shelf.shape, this.#ended.signal)
      host.watcher?.poolRefilled(runtime, 'ok', performance.now() - startedAtMs)
      void waiting.vm.process?.exited.then(() => this.#replace(shelf, waiting))
      this.#arrive(shelf, starting, waiting)
    } catch (error) {
      this.#arrive(shelf, starting, undefined)
      shelf.fail()
      if (this.#ended.signal.aborted) return
      host.watcher?.poolRefilled(runtime, 'error', performance.now() - startedAtMs)
      onProblem(error)
    } finally {
      this.#starts -= 1
      this.refill()
    }
  }

  /**
   * Gives a VM to whoever has taken it meanwhile, else it waits. Where there is no room any more, since
   * one more was begun for a taker who gave up, it is released. Undefined: it has failed.
   */
  #arrive(shelf: Shelf, starting: Starting, waiting: WaitingVm | undefined): void {
    shelf.end(starting)
    const isTaken = starting.give(waiting)
    if (waiting === undefined) return
    if (isTaken) {
      shelf.succeed()
      return
    }
    const mayWait = !this.#ended.signal.aborted && this.#shelves.hasRoom(shelf)
    if (mayWait && waiting.vm.exit === undefined) {
      shelf.put(waiting)
      this.#options.host.watcher?.poolChanged(shelf.shape.runtime, 1)
    } else {
      void this.#track(waiting.release())
    }
  }

  /** False where it does not wait any more. */
  #withdraw(shelf: Shelf, waiting: WaitingVm): boolean {
    if (!shelf.withdraw(waiting)) return false
    this.#options.host.watcher?.poolChanged(shelf.shape.runtime, -1)
    return true
  }

  /** To be called when its VMM has ended, whoever has the VM. */
  async #replace(shelf: Shelf, waiting: WaitingVm): Promise<void> {
    if (shelf.ready.includes(waiting)) shelf.lose()
    await this.#end(shelf, waiting)
    this.refill()
  }

  /** Content with one that does not wait any more. */
  async #end(shelf: Shelf, waiting: WaitingVm): Promise<void> {
    if (this.#withdraw(shelf, waiting)) await this.#track(waiting.release())
  }

  #lookAfterAll(): void {
    for (const shelf of this.#shelves) {
      shelf.age(this.#options.limits.idleMs)
      for (const waiting of [...shelf.ready]) void this.#track(this.#lookAfter(shelf, waiting))
    }
    this.#shelves.forgetEmpty()
    this.refill()
    void this.#track(this.#prepareAll())
  }

  async #lookAfter(shelf: Shelf, waiting: WaitingVm): Promise<void> {
    const care = careFor(waiting, shelf, this.#options.limits.idleMs)
    try {
      if (care === 'spare') shelf.shrink()
      if (care === 'spare' || care === 'end') await this.#end(shelf, waiting)
      // Beside its use: who takes it meanwhile has it.
      if (care === 'ping') await waiting.ping()
    } catch (error) {
      if (!shelf.ready.includes(waiting)) return
      this.#options.onProblem(error)
      await this.#end(shelf, waiting)
    }
  }

  /** One at a time, when workloads leave room for it: the others can be taken meanwhile. */
  async #prepareAll(): Promise<void> {
    if (this.#isPreparing) return
    this.#isPreparing = true
    for (const shelf of this.#shelves) {
      for (let stale = staleIn(shelf); stale !== undefined; stale = staleIn(shelf)) {
        if (this.#ended.signal.aborted || !this.#yielding.mayGo()) break
        this.#yielding.went()
        await this.#prepareAgain(shelf, stale)
      }
    }
    this.#isPreparing = false
  }

  async #prepareAgain(shelf: Shelf, waiting: WaitingVm): Promise<void> {
    this.#withdraw(shelf, waiting)
    const starting = shelf.begin()
    try {
      await waiting.prepareAgain()
      this.#arrive(shelf, starting, waiting)
    } catch (error) {
      this.#arrive(shelf, starting, undefined)
      if (!this.#ended.signal.aborted) this.#options.onProblem(error)
      await waiting.release()
    }
  }

  #track(going: Promise<void>): Promise<void> {
    this.#going.add(going)
    return going.finally(() => this.#going.delete(going))
  }
}
