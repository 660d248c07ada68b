import { setTimeout as delay } from 'node:timers/promises'
import type { Backend, Registry } from '@vulcan/backend'
import { finalStatus, type WorkloadEnd, type WorkloadEvent } from '@vulcan/schema'
import { type Attempt, attempt, type Deadlines } from './attempt.ts'
import { endOf } from './end-of.ts'
import type { Queue } from './queue.ts'
import type { Recorder } from './recorder.ts'
import type { Slots } from './slots.ts'
import type { Insertion, Store } from './store.ts'
import type { RunEnd, Stop, Ticket } from './ticket.ts'

/** How long after a failed attempt to record an end the next one is made. */
const RECORD_AGAIN_MS = 1_000

const NEVER_STARTED: Attempt = { durationMs: null }

export interface DispatcherOptions {
  readonly store: Store
  readonly registry: Registry
  readonly queue: Queue<Ticket>
  readonly slots: Slots
  readonly recorder: Recorder
  readonly deadlines: Deadlines
  /** The status of a workload has changed. */
  readonly onMove: (workloadId: string) => void
  readonly onProblem: (error: unknown) => void
}

/** Brings accepted workloads from the queue through a backend to their recorded ends. */
export class Dispatcher {
  readonly #options: DispatcherOptions
  /** Every workload that was accepted, or is about to be, and has not ended. */
  readonly #tickets = new Map<string, Ticket>()
  /** What goes on; none of it rejects. */
  readonly #busy = new Set<Promise<void>>()
  readonly #closed = new AbortController()
  #running = 0

  constructor(options: DispatcherOptions) {
    this.#options = options
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
   * Lets a workload wait for its turn as soon as it is stored. It can be stopped before that. One that
   * is not stored is forgotten; resolves and rejects as `storing`.
   */
  async take(ticket: Ticket, storing: Promise<Insertion>): Promise<Insertion> {
    this.#tickets.set(ticket.id, ticket)
    const taken = this.#takeStored(ticket, storing)
    const settled = () => undefined
    this.#track(taken.then(settled, settled))
    const insertion = await taken
    this.startWaiting()
    return insertion
  }

  async #takeStored(ticket: Ticket, storing: Promise<Insertion>): Promise<Insertion> {
    let isStored = false
    try {
      const insertion = await storing
      isStored = insertion.type === 'inserted'
      return insertion
    } finally {
      if (isStored) this.#enqueue(ticket)
      else this.#tickets.delete(ticket.id)
    }
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

  #enqueue(ticket: Ticket): void {
    if (ticket.stopped === undefined) this.#options.queue.push(ticket)
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

  async #serve(ticket: Ticket, { backend, slot }: Place): Promise<void> {
    this.#running += 1
    const outcome = await this.#attempt(ticket, backend)
    await Promise.all([this.#finish(ticket, outcome), this.#release(ticket, backend)])
    this.#running -= 1
    slot[Symbol.dispose]()
    this.startWaiting()
  }

  async #attempt(ticket: Ticket, backend: Backend): Promise<Attempt> {
    const { store, recorder, deadlines, onMove } = this.#options
    const { id, observer } = ticket
    try {
      const spec = await store.spec(id)
      if (spec === undefined) throw new Error(`what workload ${id} was to run is gone`)
      if (ticket.stopped !== undefined) return NEVER_STARTED
      const startedAtMs = Date.now()
      // On record before it runs: a process that died before this has not run it.
      if (!(await store.start(id, startedAtMs))) throw new Error(`workload ${id} does not wait`)
      ticket.startedAtMs = startedAtMs
      onMove(id)
      if (ticket.stopped !== undefined) return NEVER_STARTED
      if (observer === undefined) recorder.begin(id)
      const take = observer?.onEvent ?? ((event: WorkloadEvent) => recorder.record(id, event))
      const onEvent = (event: WorkloadEvent) => {
        if (event.type === 'phase') ticket.phases.push({ phase: event.phase, atMs: event.atMs })
        return take(event)
      }
      return await attempt(ticket, { spec, backend }, onEvent, deadlines)
    } catch (failure) {
      return { failure, durationMs: null }
    }
  }

  /** The slot is free when the backend holds nothing of the workload any more. */
  async #release({ id }: Ticket, backend: Backend): Promise<void> {
    try {
      await backend.cleanup(id)
    } catch (error) {
      this.#options.onProblem(error)
    }
  }

  /** Records the end of a workload and tells whoever waits for it. Never rejects. */
  async #finish(ticket: Ticket, outcome: Attempt): Promise<void> {
    const { recorder, onMove } = this.#options
    const { id } = ticket
    try {
      const stored: Attempt = await recorder.finish(id).then(
        () => outcome,
        (failure: unknown) => ({ failure, durationMs: outcome.durationMs }),
      )
      const end = endOf(ticket, stored)
      await this.#recordEnd(id, end)
      const { result, failure } = stored
      ticket.ended.resolve({ workload: ended(ticket, end), result, failure })
    } catch (error) {
      ticket.ended.reject(error)
    }
    this.#tickets.delete(id)
    onMove(id)
  }

  /**
   * Tries until it succeeds: a full disk must not make two ends of one. Throws what the store threw
   * when the engine closes; the next process then finds that this one died.
   */
  async #recordEnd(id: string, end: WorkloadEnd): Promise<void> {
    for (;;) {
      try {
        await this.#options.store.end(id, end)
        return
      } catch (error) {
        this.#options.onProblem(error)
        if (this.closed.aborted) throw error
      }
      await delay(RECORD_AGAIN_MS, undefined, { signal: this.closed }).catch(() => undefined)
    }
  }

  #track(work: Promise<void>): void {
    this.#busy.add(work)
    void work.then(() => this.#busy.delete(work))
  }
}

interface Place {
  readonly backend: Backend
  readonly slot: Disposable
}

function ended({ workload, startedAtMs }: Ticket, end: WorkloadEnd): RunEnd['workload'] {
  return { ...workload, status: finalStatus(end.reason), startedAtMs, end }
}
