import {
  canBecome,
  finalStatus,
  Isolation,
  Status,
  type Workload,
  type WorkloadEnd,
  type WorkloadSpec,
} from '@vulcan/schema'
import { fromCursor, toCursor } from './cursor.ts'
import { type Idempotency, KEYS_KEPT_MS, type KeptRequest } from './idempotency.ts'
import {
  EVENT_PAGE_BYTES,
  type EventBatch,
  type EventPage,
  type RecordedEvent,
  weightOf,
} from './recorded-event.ts'
import type {
  ForgetKeysOptions,
  Insertion,
  ListQuery,
  PruneOptions,
  Store,
  WorkloadFilter,
  WorkloadPage,
  WorkloadStats,
} from './store.ts'

interface Entry {
  /** In the order in which they were accepted. */
  readonly place: number
  workload: Workload
  /** Until it has ended; that of one that was started at once is not kept. */
  spec: WorkloadSpec | undefined
  readonly events: RecordedEvent[]
  readonly idempotency: Idempotency | undefined
}

/** For a host that lives no longer than its caller: nothing survives it. A list reads all workloads. */
export class MemoryStore implements Store {
  readonly #entries = new Map<string, Entry>()
  /** The latest entry with each key of each owner. */
  readonly #byKey = new Map<string, Entry>()
  #lastPlace = 0

  async insert(
    workload: Workload,
    spec: WorkloadSpec,
    idempotency?: Idempotency,
  ): Promise<Insertion> {
    const { id, owner, createdAtMs } = workload
    const by = this.#kept(owner, idempotency?.key, createdAtMs - KEYS_KEPT_MS)
    if (by !== undefined) return { type: 'key_taken', by }
    if (this.#entries.has(id)) return { type: 'id_taken' }
    this.#lastPlace += 1
    const kept = workload.status === 'pending' ? spec : undefined
    const entry = { place: this.#lastPlace, workload, spec: kept, events: [], idempotency }
    this.#entries.set(id, entry)
    if (idempotency !== undefined) this.#byKey.set(nameOf(owner, idempotency.key), entry)
    return { type: 'inserted' }
  }

  async start(id: string, startedAtMs: number): Promise<boolean> {
    return this.#move(id, 'running', { startedAtMs }) !== undefined
  }

  async end(id: string, end: WorkloadEnd): Promise<boolean> {
    const entry = this.#move(id, finalStatus(end.reason), { end })
    if (entry === undefined) return false
    entry.spec = undefined
    return true
  }

  async append(batches: readonly EventBatch[]): Promise<void> {
    for (const { workloadId, firstSeq, atMs, events } of batches) {
      const entry = this.#entries.get(workloadId)
      if (entry?.workload.status !== 'running') continue
      const recorded = events.map((event, at) => ({ ...event, seq: firstSeq + at, atMs }))
      entry.events.push(...recorded)
    }
  }

  async get(id: string): Promise<Workload | undefined> {
    return this.#entries.get(id)?.workload
  }

  async status(id: string): Promise<Status | undefined> {
    return this.#entries.get(id)?.workload.status
  }

  async keptRequest(owner: string, key: string, sinceMs: number): Promise<KeptRequest | undefined> {
    return this.#kept(owner, key, sinceMs)
  }

  async spec(id: string): Promise<WorkloadSpec | undefined> {
    return this.#entries.get(id)?.spec
  }

  async events(id: string, afterSeq: number): Promise<EventPage> {
    const events = this.#entries.get(id)?.events ?? []
    let until = afterSeq + 1
    for (let bytes = 0; bytes < EVENT_PAGE_BYTES && until < events.length; until += 1) {
      const event = events[until]
      bytes += event === undefined ? 0 : weightOf(event)
    }
    return { events: events.slice(afterSeq + 1, until), isLast: until >= events.length }
  }

  async list({
    cursor,
    sinceMs = 0,
    offset = 0,
    limit,
    ...filter
  }: ListQuery): Promise<WorkloadPage> {
    const before = cursor === undefined ? Number.POSITIVE_INFINITY : fromCursor(cursor)
    const matching = [...this.#matching(filter)]
    const found = matching
      .filter(({ place, workload }) => place < before && workload.createdAtMs >= sinceMs)
      .reverse()
      .slice(offset, offset + limit + 1)
    const page = found.slice(0, limit)
    const last = page.at(-1)
    const isLast = last === undefined || found.length <= limit
    return {
      workloads: page.map(({ workload }) => ({ ...workload, args: null })),
      total: matching.length,
      nextCursor: isLast ? null : toCursor(last.place),
    }
  }

  async stats(owner?: string): Promise<WorkloadStats> {
    const all = [...this.#matching({ owner })].map(({ workload }) => workload)
    const durations = all.map(({ end }) => end?.durationMs).filter((ms) => typeof ms === 'number')
    const sumMs = durations.reduce((sum, ms) => sum + ms, 0)
    return {
      total: all.length,
      byStatus: count(Status.options, (status) => all.filter((w) => w.status === status).length),
      byIsolation: count(
        Isolation.options,
        (isolation) => all.filter((w) => w.isolation === isolation).length,
      ),
      avgDurationMs: durations.length === 0 ? null : sumMs / durations.length,
    }
  }

  async prune({ endedBeforeMs, keep, atMost }: PruneOptions): Promise<number> {
    const ended = [...this.#entries.values()]
      .flatMap(({ workload: { id, end } }) =>
        end === null ? [] : [{ id, atMs: end.finishedAtMs }],
      )
      .sort((one, other) => one.atMs - other.atMs)
    let removed = 0
    for (const { id, atMs } of ended.slice(0, atMost)) {
      if (atMs >= endedBeforeMs && this.#entries.size <= keep) break
      this.#forgetKey(this.#entries.get(id))
      this.#entries.delete(id)
      removed += 1
    }
    return removed
  }

  async forgetKeys({ beforeMs, atMost }: ForgetKeysOptions): Promise<number> {
    const expired = [...this.#byKey.values()]
      .filter(({ workload }) => workload.createdAtMs < beforeMs)
      .slice(0, atMost)
    for (const entry of expired) this.#forgetKey(entry)
    return expired.length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#entries.clear()
    this.#byKey.clear()
  }

  #move(id: string, to: Status, change: Partial<Workload>): Entry | undefined {
    const entry = this.#entries.get(id)
    if (entry === undefined || !canBecome(entry.workload.status, to)) return undefined
    entry.workload = { ...entry.workload, ...change, status: to }
    return entry
  }

  #kept(owner: string, key: string | undefined, sinceMs: number): KeptRequest | undefined {
    const entry = key === undefined ? undefined : this.#byKey.get(nameOf(owner, key))
    if (entry?.idempotency === undefined || entry.workload.createdAtMs < sinceMs) return undefined
    return { workloadId: entry.workload.id, requestHash: entry.idempotency.requestHash }
  }

  /** Another workload may have the key by now. */
  #forgetKey(entry: Entry | undefined): void {
    if (entry?.idempotency === undefined) return
    const name = nameOf(entry.workload.owner, entry.idempotency.key)
    if (this.#byKey.get(name) === entry) this.#byKey.delete(name)
  }

  *#matching({ owner, status, runtime }: WorkloadFilter): Iterable<Entry> {
    for (const entry of this.#entries.values()) {
      const { workload } = entry
      if (owner !== undefined && workload.owner !== owner) continue
      if (status !== undefined && workload.status !== status) continue
      if (runtime !== undefined && workload.runtime !== runtime) continue
      yield entry
    }
  }
}

function nameOf(owner: string, key: string): string {
  return JSON.stringify([owner, key])
}

function count<Name extends string>(
  names: readonly Name[],
  of: (name: Name) => number,
): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, of(name)])) as Record<Name, number>
}
