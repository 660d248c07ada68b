import { setImmediate as turn } from 'node:timers/promises'
import type { Backend, Registry } from '@vulcan/backend'
import type { WorkloadSpec } from '@vulcan/schema'
import { type Attempt, attempt, type Deadlines } from './attempt.ts'
import { type ConsumerOptions, consumerOf } from './consumer.ts'
import { Ends } from './ends.ts'
import type { Queue } from './queue.ts'
import type { Slots } from './slots.ts'
import type { Insertion, Store } from './store.ts'
import type { Stop, Ticket } from './ticket.ts'

/** What ended is released so soon, whatever becomes of its record. */
const RELEASE_WITHIN_MS = 100
const NEVER_STARTED: Attempt = { durationMs: null }

export interface DispatcherOptions extends ConsumerOptions {
  readonly store: Store
  readonly registry: Registry
  readonly queue: Queue<Ticket>
  readonly slots: Slots
  readonly deadlines: Deadlines
  /** The status of a workload has changed. */
  readonly onMove: (workloadId: string) => void
  readonly onProblem: (error: unknown) => void
}

/** Brings accepted workloads from the queue through a backend to their recorded ends. */
export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #ends: Ends
  /** Every workload that was accepted, or is about to be, and has not ended. */
  readonly #tickets = new Map<string, Ticket>()
  /** What goes on; none of it rejects. */
  readonly #busy = new Set<Promise<void>>()
  readonly #closed = new AbortController()
  #running = 0

  constructor(options: DispatcherOptions) {
    this.#options = options
    this.#ends = new Ends({ ...options, closed: this.closed })
  }

  /** How many workloads have a slot; some of them may only be releasing what they held. */
  get running(): number {
    return this.#running
  }

  /** Aborted when nothing more is started. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  find(workloadId: string): Ticket | undefined {
    return this.#tickets.get(workloadId)
  }

  /**
   * Takes a workload in and resolves when it is stored: if it has a place at once it starts then, or else
   * it waits for its turn. `insert` stores it, with the time of its start or null. It can be stopped
   * before that. One that is not stored is forgotten; resolves and rejects as `insert`.
   */
  take(ticket: Ticket, spec: WorkloadSpec, insert: Insert): Promise<Insertion> {
    this.#tickets.set(ticket.id, ticket)
    const taken = this.#takeStored(ticket, spec, insert)
    const settled = () => undefined
    this.#track(taken.then(settled, settled))
    return taken
  }

  /** Lets those wait that an earlier process had accepted. */
  takeAgain(tickets: readonly Ticket[]): void {
    for (const ticket of tickets) {
      this.#tickets.set(ticket.id, ticket)
      this.#accepted(ticket)
    }
    this.startWaiting()
  }

  /** Ends a workload; when it waits, at once. */
  stop(ticket: Ticket, why: Stop): void {
    ticket.stop(why)
    if (!this.#options.queue.remove(ticket)) return
    this.#track(this.#finish(ticket, NEVER_STARTED))
    // It may have been the one that did not fit.
    this.startWaiting()
  }

  /** Ends those that wait, or those that have been started. */
  stopAll(which: 'waiting' | 'started', why: Stop): void {
    for (const ticket of [...this.#tickets.values()]) {
      if (ticket.isStarted === (which === 'started')) this.stop(ticket, why)
    }
  }

  /** Starts who is next until nobody waits or who is next does not fit; then the others wait, too. */
  startWaiting(): void {
    const { queue } = this.#options
    while (!this.closed.aborted) {
      const next = queue.peek()
      if (next === undefined) return
      const place = this.#findPlace(next)
      if (place === undefined) return
      queue.shift()
      next.isStarted = true
      if (place instanceof Error) {
        queue.ended(next)
        this.#track(this.#finish(next, { failure: place, durationMs: null }))
      } else {
        this.#track(this.#serve(next, place))
      }
    }
  }

  /** From now on nothing is started. */
  close(): void {
    this.#closed.abort()
  }

  /** Resolves when nothing goes on: what was started has ended and is released. */
  async idle(): Promise<void> {
    while (this.#busy.size > 0) await Promise.all(this.#busy)
  }

  async #takeStored(ticket: Ticket, spec: WorkloadSpec, insert: Insert): Promise<Insertion> {
    const place = this.#placeAtOnce(ticket)
    const startedAtMs = Date.now()
    let isStored = false
    try {
      const insertion = await insert(place === undefined ? null : startedAtMs)
      isStored = insertion.type === 'inserted'
      return insertion
    } finally {
      if (!isStored) this.#forget(ticket, place)
      else this.#accepted(ticket, place && { place, spec, startedAtMs })
      this.startWaiting()
    }
  }

  /** A place for one that has to wait for nobody. */
  #placeAtOnce(ticket: Ticket): Place | undefined {
    if (this.closed.aborted) return undefined
    const { queue } = this.#options
    queue.push(ticket)
    const place = queue.peek() === ticket ? this.#findPlace(ticket) : undefined
    if (place === undefined || place instanceof Error) {
      queue.remove(ticket)
      return undefined
    }
    queue.shift()
    ticket.isStarted = true
    return place
  }

  #forget(ticket: Ticket, place: Place | undefined): void {
    this.#tickets.delete(ticket.id)
    if (place === undefined) return
    place.slot[Symbol.dispose]()
    this.#options.queue.ended(ticket)
  }

  #accepted(ticket: Ticket, start?: Start): void {
    ticket.accept()
    this.#options.tell((watcher) => watcher.accepted(ticket.workload))
    if (start !== undefined) {
      this.#started(ticket, start.startedAtMs)
      this.#track(this.#serve(ticket, start.place, start.spec))
    } else if (ticket.stopped === undefined) this.#options.queue.push(ticket)
    else this.#track(this.#finish(ticket, NEVER_STARTED))
  }

  /** A slot; undefined when there is none now; an error when there never will be one. */
  #findPlace({ workload, needs }: Ticket): Place | Error | undefined {
    const { registry, slots } = this.#options
    try {
      const backend = registry.resolve(workload.isolation, workload.runtime)
      slots.refuseImpossible(needs)
      const slot = slots.take(backend, needs)
      return slot && { backend, slot }
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
  }

  /** `begun`: what it is to run, if its start is on record already. */
  async #serve(ticket: Ticket, { backend, slot }: Place, begun?: WorkloadSpec): Promise<void> {
    const { queue, tell } = this.#options
    this.#running += 1
    const finished = this.#finish(ticket, await this.#attempt(ticket, backend, begun))
    await untilAnswered(finished)
    const releaseMs = await this.#release(ticket, backend)
    await finished
    this.#running -= 1
    slot[Symbol.dispose]()
    queue.ended(ticket)
    if (ticket.startedAtMs !== null) tell((watcher) => watcher.released(ticket.id, releaseMs))
    this.startWaiting()
  }

  async #attempt(ticket: Ticket, backend: Backend, begun?: WorkloadSpec): Promise<Attempt> {
    try {
      const spec = begun ?? (await this.#start(ticket))
      if (spec === undefined || ticket.stopped !== undefined) return NEVER_STARTED
      const consumer = consumerOf(ticket, spec, this.#options)
      return await attempt(ticket, { backend, ...consumer }, this.#options.deadlines)
    } catch (failure) {
      return { failure, durationMs: null }
    }
  }

  /** Resolves with what one that has waited is to run; undefined when it was stopped. */
  async #start(ticket: Ticket): Promise<WorkloadSpec | undefined> {
    const { store } = this.#options
    const { id } = ticket
    const spec = await store.spec(id)
    if (spec === undefined) throw new Error(`what workload ${id} was to run is gone`)
    if (ticket.stopped !== undefined) return undefined
    const startedAtMs = Date.now()
    // On record before it runs: a process that died before this has not run it.
    if (!(await store.start(id, startedAtMs))) throw new Error(`workload ${id} does not wait`)
    this.#started(ticket, startedAtMs)
    return spec
  }

  #started(ticket: Ticket, startedAtMs: number): void {
    const { tell, onMove } = this.#options
    ticket.startedAtMs = startedAtMs
    onMove(ticket.id)
    tell((watcher) => watcher.started(ticket.running(), ticket.sinceAcceptedMs()))
  }

  /** The slot is free when the backend holds nothing of the workload any more; resolves with how long that took. */
  async #release({ id }: Ticket, backend: Backend): Promise<number> {
    const beganAtMs = performance.now()
    try {
      await backend.cleanup(id)
    } catch (error) {
      this.#options.onProblem(error)
    }
    return performance.now() - beganAtMs
  }

  /** Never rejects. */
  async #finish(ticket: Ticket, outcome: Attempt): Promise<void> {
    await this.#ends.finish(ticket, outcome)
    this.#tickets.delete(ticket.id)
    this.#options.onMove(ticket.id)
  }

  #track(work: Promise<void>): void {
    this.#busy.add(work)
    void work.then(() => this.#busy.delete(work))
  }
}

/**
 * Whoever waits for a workload has the answer, which a release would keep waiting: it has much to do in
 * this process. A store that is slow, or full, keeps no release waiting.
 */
async function untilAnswered(finished: Promise<void>): Promise<void> {
  const { promise: isLate, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, RELEASE_WITHIN_MS)
  await Promise.race([finished, isLate])
  clearTimeout(timer)
  await turn()
}

interface Place {
  readonly backend: Backend
  readonly slot: Disposable
}

/** Of a workload that had to wait for nobody. */
interface Start {
  readonly place: Place
  readonly spec: WorkloadSpec
  readonly startedAtMs: number
}

type Insert = (startedAtMs: number | null) => Promise<Insertion>
