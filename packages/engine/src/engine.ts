import type { Registry } from '@vulcan/backend'
import type { OutputStream, Workload, WorkloadSpec } from '@vulcan/schema'
import { type Acceptance, accept, type Submission, type SubmitOptions } from './accept.ts'
import { DEFAULT_DEADLINES, type Deadlines } from './attempt.ts'
import { Changes } from './changes.ts'
import { Dispatcher } from './dispatcher.ts'
import { IdempotencyError, RefusedError, WorkloadEndedError } from './errors.ts'
import { type Idempotency, KEYS_KEPT_MS, type KeptRequest } from './idempotency.ts'
import { DEFAULT_LOG_LIMIT_BYTES } from './output-budget.ts'
import { DEFAULT_QUEUE_LIMITS, Queue, type QueueLimits } from './queue.ts'
import { type EventsOptions, Reader } from './reader.ts'
import type { RecordedEvent } from './recorded-event.ts'
import { Recorder } from './recorder.ts'
import { recover } from './recover.ts'
import { DEFAULT_RETENTION, pruneRegularly, type RetentionLimits } from './retention.ts'
import { type Capacity, Slots } from './slots.ts'
import type { ListQuery, Store, WorkloadPage, WorkloadStats } from './store.ts'
import { type Tell, tellTo } from './tell.ts'
import { type Observer, type RunEnd, Ticket } from './ticket.ts'
import type { EngineWatcher } from './watcher.ts'

export interface EngineOptions extends Acceptance {
  /** Belongs to the caller, who disposes it after the engine. */
  readonly store: Store
  readonly registry: Registry
  /** Beside the places that each backend has. */
  readonly capacity?: Capacity
  readonly queue?: Partial<QueueLimits>
  readonly retention?: Partial<RetentionLimits>
  readonly deadlines?: Partial<Deadlines>
  /**
   * How much output of one workload is recorded (default 10 MiB). Each stream is recorded up to the
   * workload's own limit in any case; what is beyond both is dropped.
   */
  readonly logLimitBytes?: number
  readonly watcher?: EngineWatcher
  /** Told what went wrong with the host rather than with a workload: for a log. */
  readonly onProblem: (error: unknown) => void
}

export interface RunOptions extends Omit<SubmitOptions, 'idempotency' | 'admit'>, Observer {
  /** Kills the workload. */
  readonly signal: AbortSignal
}

export interface EngineLoad {
  readonly waiting: number
  readonly running: number
  /** Of the guests that run. */
  readonly memMib: number
  readonly isClosed: boolean
}

export interface DrainOptions {
  /** How long running workloads may take to end by themselves. */
  readonly graceMs: number
  /** Whether what waits is kept for the next process, or ended with the reason `shutdown`. */
  readonly waiting: 'keep' | 'end'
}

/** Beyond the end of every workload, for their releases. */
const RELEASE_MS = 30_000

/** Accepts, queues, runs and records workloads. */
export class Engine implements AsyncDisposable {
  readonly #options: EngineOptions
  readonly #store: Store
  readonly #queue: Queue<Ticket>
  readonly #slots: Slots
  readonly #deadlines: Deadlines
  readonly #dispatcher: Dispatcher
  /** Of a workload's status. */
  readonly #moves = new Changes()
  /** Of a workload's status or its events. */
  readonly #news = new Changes()
  readonly #held = new AsyncDisposableStack()
  readonly #tell: Tell
  readonly #reader: Reader

  private constructor(options: EngineOptions) {
    const { store, registry, watcher, onProblem } = options
    const { logLimitBytes = DEFAULT_LOG_LIMIT_BYTES } = options
    this.#options = options
    this.#store = store
    this.#queue = new Queue({ ...DEFAULT_QUEUE_LIMITS, ...options.queue })
    this.#slots = new Slots(options.capacity ?? {})
    const tell = tellTo(watcher, onProblem)
    this.#tell = tell
    this.#reader = new Reader(store, this.#news)
    this.#deadlines = { ...DEFAULT_DEADLINES, ...options.deadlines }
    this.#dispatcher = new Dispatcher({
      store,
      registry,
      queue: this.#queue,
      slots: this.#slots,
      recorder: new Recorder({
        store,
        onStored: (id) => this.#news.announce(id),
        onOutput: (...output) => tell((told) => told.output(...output)),
      }),
      logLimitBytes,
      tell,
      deadlines: this.#deadlines,
      onMove: (id) => {
        this.#moves.announce(id)
        this.#news.announce(id)
      },
      onProblem,
    })
  }

  /** Accounts for what an earlier process left in the store, and begins to run what waits there. */
  static async open(options: EngineOptions): Promise<Engine> {
    const engine = new Engine(options)
    const waiting = await recover(options.store, engine.#tell)
    engine.#dispatcher.takeAgain(waiting.map((workload) => new Ticket(workload)))
    const retention = { ...DEFAULT_RETENTION, ...options.retention }
    engine.#held.use(pruneRegularly(options.store, retention, options.onProblem))
    return engine
  }

  /** What waits, what has a slot and takes memory, and whether nothing more is taken. */
  get load(): EngineLoad {
    return {
      waiting: this.#queue.size,
      running: this.#dispatcher.running,
      memMib: this.#slots.memMib,
      isClosed: this.#dispatcher.closed.aborted,
    }
  }

  /**
   * Accepts a workload: when this resolves it survives the death of this process. With an idempotency
   * key that its owner used before, it resolves with the workload of then, as it stands, also while
   * this host takes no new work. Throws `IdempotencyError`, `RefusedError`, what `admit` throws, or
   * `BackendError` `unsupported_isolation` or `unsupported_runtime`; then nothing of it is stored.
   */
  async submit(spec: WorkloadSpec, options: SubmitOptions = {}): Promise<Submission> {
    const { idempotency } = options
    const workload = accept(spec, options, this.#options)
    const kept = await this.#keptRequest(workload.owner, idempotency)
    if (kept === undefined) options.admit?.()
    const earlier = kept ?? (await this.#take(new Ticket(workload), workload, spec, idempotency))
    if (earlier === undefined) return { workload, isNew: true }
    if (earlier.requestHash !== idempotency?.requestHash) {
      throw new IdempotencyError(earlier.workloadId)
    }
    return { workload: await this.get(earlier.workloadId), isNew: false }
  }

  /**
   * Accepts a workload and resolves when it has ended, with all that its backend said. `onEvent` gets
   * its events and is awaited, so it may hold the program up; the store gets none. Throws as `submit`.
   */
  async run(spec: WorkloadSpec, options: RunOptions): Promise<RunEnd> {
    const { signal, onEvent, ...rest } = options
    const workload = accept(spec, rest, this.#options)
    const ticket = new Ticket(workload, { onEvent })
    await this.#take(ticket, workload, spec)
    const kill = () => this.#dispatcher.stop(ticket, 'killed')
    if (signal.aborted) kill()
    signal.addEventListener('abort', kill, { once: true })
    try {
      return await ticket.ended.promise
    } finally {
      signal.removeEventListener('abort', kill)
    }
  }

  /** Throws `UnknownWorkloadError`. */
  get(id: string): Promise<Workload> {
    return this.#reader.get(id)
  }

  /** Throws `CursorError`. */
  list(query: ListQuery): Promise<WorkloadPage> {
    return this.#store.list(query)
  }

  stats(owner?: string): Promise<WorkloadStats> {
    return this.#store.stats(owner)
  }

  /** Resolves with the workload when it has ended, or as it stands when the signal aborts. */
  async wait(id: string, signal: AbortSignal): Promise<Workload> {
    for (;;) {
      using move = this.#moves.watch(id)
      if ((await this.#reader.hasEnded(id)) || signal.aborted) return this.get(id)
      await move.wait(signal).catch(() => undefined)
    }
  }

  /**
   * Ends a workload, waiting or running, and resolves with it when it has ended: `killed`, unless it
   * ended by itself in the meantime. Throws `UnknownWorkloadError` or `WorkloadEndedError`.
   */
  async kill(id: string): Promise<Workload> {
    const ticket = this.#dispatcher.find(id)
    if (ticket === undefined) throw new WorkloadEndedError(id, (await this.get(id)).status)
    this.#dispatcher.stop(ticket, 'killed')
    await ticket.ended.promise
    return this.get(id)
  }

  /**
   * The events of a workload that follow on `afterSeq`: those that are stored and then, unless `follow`
   * is false, as they come, all others until it has ended, each once. Nothing is read ahead of a slow
   * reader. Throws `UnknownWorkloadError`, or the signal's reason.
   */
  events(id: string, options: EventsOptions = {}): AsyncGenerator<RecordedEvent, void, undefined> {
    return this.#reader.events(id, options)
  }

  /**
   * The exact bytes of one stream, at most the workload's `outputLimitBytes` of them, as far as they
   * are recorded: all of them when it has ended. Nothing is read ahead of a slow reader. Throws
   * `UnknownWorkloadError`, or the signal's reason.
   */
  output(
    id: string,
    stream: OutputStream,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    return this.#reader.output(id, stream, options.signal)
  }

  /**
   * Takes and starts nothing more, lets running workloads end or, after `graceMs`, ends them with the
   * reason `shutdown`, and resolves when all is released; within a bounded time in any case.
   */
  async drain({ graceMs, waiting }: DrainOptions): Promise<void> {
    const dispatcher = this.#dispatcher
    dispatcher.close()
    if (waiting === 'end') dispatcher.stopAll('waiting', 'shutdown')
    await this.#held.disposeAsync()
    const late = Promise.withResolvers<void>()
    using timers = new DisposableStack()
    const after = (delayMs: number, act: () => void) => {
      timers.adopt(setTimeout(act, delayMs), clearTimeout)
    }
    after(graceMs, () => dispatcher.stopAll('started', 'shutdown'))
    after(graceMs + this.#deadlines.endMs + RELEASE_MS, late.resolve)
    await Promise.race([dispatcher.idle(), late.promise])
  }

  /** Ends what runs; what waits is kept for the next process. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain({ graceMs: 0, waiting: 'keep' })
  }

  async #keptRequest(
    owner: string,
    idempotency: Idempotency | undefined,
  ): Promise<KeptRequest | undefined> {
    if (idempotency === undefined) return undefined
    return this.#store.keptRequest(owner, idempotency.key, Date.now() - KEYS_KEPT_MS)
  }

  /** Takes a workload in; or resolves with what its key stands for, and it is forgotten. */
  async #take(
    ticket: Ticket,
    workload: Workload,
    spec: WorkloadSpec,
    idempotency?: Idempotency,
  ): Promise<KeptRequest | undefined> {
    if (this.#dispatcher.closed.aborted) {
      throw new RefusedError('shutdown', 'this host takes no new work: it is shutting down')
    }
    const { id, owner, needs } = ticket
    this.#options.registry.resolve(workload.isolation, workload.runtime)
    this.#slots.refuseImpossible(needs)
    if (this.#dispatcher.find(id) !== undefined) throw idInUse(id)
    using _place = this.#queue.reserve(owner)
    const insertion = await this.#dispatcher.take(ticket, spec, (startedAtMs) => {
      const status = startedAtMs === null ? 'pending' : 'running'
      return this.#store.insert({ ...workload, status, startedAtMs }, spec, idempotency)
    })
    if (insertion.type === 'id_taken') throw idInUse(id)
    return insertion.type === 'key_taken' ? insertion.by : undefined
  }
}

function idInUse(workloadId: string): RefusedError {
  return new RefusedError('invalid_request', `id: there is a workload ${workloadId} already`)
}
