import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import {
  finalStatus,
  Isolation,
  Status,
  sourcesOf,
  type Workload,
  type WorkloadEnd,
  type WorkloadSpec,
} from '@vulcan/schema'
import * as z from 'zod'
import { fromCursor, toCursor } from '../cursor.ts'
import { type Idempotency, KEYS_KEPT_MS, type KeptRequest } from '../idempotency.ts'
import {
  EVENT_PAGE_BYTES,
  type EventBatch,
  type EventPage,
  type RecordedEvent,
} from '../recorded-event.ts'
import type {
  ForgetKeysOptions,
  Insertion,
  ListQuery,
  PruneOptions,
  Store,
  WorkloadFilter,
  WorkloadPage,
  WorkloadStats,
} from '../store.ts'
import { holdExclusively } from './exclusive.ts'
import { decodeFrames, encodeFrames } from './frames.ts'
import { GroupCommit } from './group-commit.ts'
import { listStatement } from './list-statement.ts'
import { MIGRATIONS } from './migrations.ts'
import { openDatabase } from './open-database.ts'
import { fromRow, toRow } from './rows.ts'
import { SpecFiles } from './spec-files.ts'

const Place = z.object({ ord: z.int() })
const Batch = z.object({
  first_seq: z.int(),
  at_ms: z.int(),
  frames: z.instanceof(Uint8Array<ArrayBufferLike>),
})
const Kept = z.object({ id: z.string(), request_hash: z.string() })
const Count = z.object({
  status: Status,
  isolation: Isolation,
  workloads: z.int(),
  timed: z.int(),
  duration_ms: z.number(),
})

/** Workloads in one SQLite database, which this process has for itself. */
export class SqliteStore implements Store {
  readonly #database: DatabaseSync
  readonly #commits: GroupCommit
  readonly #specs: SpecFiles
  readonly #lock: Disposable
  readonly #statements = new Map<string, StatementSync>()

  private constructor(database: DatabaseSync, specs: SpecFiles, lock: Disposable) {
    this.#database = database
    this.#commits = new GroupCommit(database)
    this.#specs = specs
    this.#lock = lock
  }

  /**
   * Opens the database at `path`, whose directory exists, or makes it. Beside it lie `-lock` and, with
   * a file for each workload that had to wait and has not ended, `-specs`. Throws `StoreError`
   * `store_in_use` or `store_newer`.
   */
  static async open(path: string): Promise<SqliteStore> {
    using held = new DisposableStack()
    const lock = held.use(await holdExclusively(path))
    const database = held.adopt(await openDatabase(path, MIGRATIONS), (db) => db.close())
    const specs = await SpecFiles.open(`${path}-specs`)
    const unfinished = database.prepare(
      `SELECT 1 FROM workloads WHERE id = ? AND finished_at_ms IS NULL`,
    )
    await specs.keepOnly((id) => unfinished.get(id) !== undefined)
    held.move()
    return new SqliteStore(database, specs, lock)
  }

  async insert(
    workload: Workload,
    spec: WorkloadSpec,
    idempotency?: Idempotency,
  ): Promise<Insertion> {
    if (workload.status !== 'pending') {
      return this.#commits.run(() => this.#insert(workload, idempotency))
    }
    if (!(await this.#specs.write(spec))) return { type: 'id_taken' }
    let isInserted = false
    try {
      const insertion = await this.#commits.run(() => this.#insert(workload, idempotency))
      isInserted = insertion.type === 'inserted'
      return insertion
    } finally {
      if (!isInserted) await this.#specs.delete(workload.id)
    }
  }

  start(id: string, startedAtMs: number): Promise<boolean> {
    return this.#change(
      `UPDATE workloads SET status = 'running', started_at_ms = :startedAtMs
       WHERE id = :id AND ${isBefore('running')}`,
      { id, startedAtMs },
    )
  }

  async end(id: string, end: WorkloadEnd): Promise<boolean> {
    const status = finalStatus(end.reason)
    const ended = await this.#change(
      `UPDATE workloads SET status = :status, finished_at_ms = :finishedAtMs,
         duration_ms = :durationMs, outcome = :outcome
       WHERE id = :id AND ${isBefore(status)}`,
      {
        id,
        status,
        finishedAtMs: end.finishedAtMs,
        durationMs: end.durationMs,
        outcome: JSON.stringify(end),
      },
    )
    if (ended) await this.#specs.delete(id)
    return ended
  }

  async append(batches: readonly EventBatch[]): Promise<void> {
    const encoded = batches.map(({ workloadId: id, firstSeq, atMs, events }) => ({
      id,
      firstSeq,
      atMs,
      frames: encodeFrames(events),
    }))
    const statement = this.#prepared(
      `INSERT INTO events SELECT ord, :firstSeq, :atMs, :frames FROM workloads
       WHERE id = :id AND status = 'running'`,
    )
    await this.#commits.run(() => {
      for (const batch of encoded) statement.run(batch)
    }, 'later')
  }

  async get(id: string): Promise<Workload | undefined> {
    const row = this.#prepared('SELECT * FROM workloads WHERE id = ?').get(id)
    return row === undefined ? undefined : fromRow(row).workload
  }

  async status(id: string): Promise<Status | undefined> {
    const row = this.#prepared('SELECT status FROM workloads WHERE id = ?').get(id)
    return row === undefined ? undefined : Status.parse(row['status'])
  }

  async keptRequest(owner: string, key: string, sinceMs: number): Promise<KeptRequest | undefined> {
    return this.#kept(owner, key, sinceMs)
  }

  spec(id: string): Promise<WorkloadSpec | undefined> {
    return this.#specs.read(id)
  }

  async events(id: string, afterSeq: number): Promise<EventPage> {
    const owner = this.#prepared('SELECT ord FROM workloads WHERE id = ?').get(id)
    if (owner === undefined) return { events: [], isLast: true }
    const { ord } = Place.parse(owner)
    // The batch that holds the next event may begin before it.
    const batches = this.#prepared(
      `SELECT first_seq, at_ms, frames FROM events WHERE workload = :ord AND first_seq >= coalesce(
         (SELECT max(first_seq) FROM events WHERE workload = :ord AND first_seq <= :next), 0)
       ORDER BY first_seq`,
    )
    const found: RecordedEvent[] = []
    let bytes = 0
    for (const row of batches.iterate({ ord, next: afterSeq + 1 })) {
      const { first_seq: firstSeq, at_ms: atMs, frames } = Batch.parse(row)
      const events = decodeFrames(frames).map((event, at) => ({
        ...event,
        seq: firstSeq + at,
        atMs,
      }))
      const following = events.filter(({ seq }) => seq > afterSeq)
      found.push(...following)
      bytes += frames.byteLength
      if (following.length > 0 && bytes >= EVENT_PAGE_BYTES) return { events: found, isLast: false }
    }
    return { events: found, isLast: true }
  }

  async list({ cursor, limit, offset = 0, ...filter }: ListQuery): Promise<WorkloadPage> {
    const { owner, sinceMs } = filter
    const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : fromCursor(cursor)
    const rows = this.#prepared(listStatement(filter)).all({
      before,
      // One more shows whether there is a next page.
      limit: limit + 1,
      offset,
      upto: limit + 1 + offset,
      ...(owner === undefined ? {} : { owner }),
      ...(sinceMs === undefined ? {} : { sinceMs, from: this.#firstSince(sinceMs) }),
    })
    const page = rows.slice(0, limit).map(fromRow)
    const last = page.at(-1)
    return {
      workloads: page.map(({ workload }) => workload),
      total: this.#total(filter),
      nextCursor: last === undefined || rows.length <= limit ? null : toCursor(last.ord),
    }
  }

  async stats(owner?: string): Promise<WorkloadStats> {
    const rows = this.#counts({ owner })
    const byStatus = zeroes(Status.options)
    const byIsolation = zeroes(Isolation.options)
    const sums = { total: 0, timed: 0, durationMs: 0 }
    for (const { status, isolation, workloads, timed, duration_ms } of rows) {
      byStatus[status] += workloads
      byIsolation[isolation] += workloads
      sums.total += workloads
      sums.timed += timed
      sums.durationMs += duration_ms
    }
    const avgDurationMs = sums.timed === 0 ? null : sums.durationMs / sums.timed
    return { total: sums.total, byStatus, byIsolation, avgDurationMs }
  }

  async prune({ endedBeforeMs, keep, atMost }: PruneOptions): Promise<number> {
    const surplus = Math.max(0, this.#total({}) - keep)
    const oldest = this.#prepared(
      `SELECT ord FROM workloads WHERE finished_at_ms IS NOT NULL AND finished_at_ms < :before
       ORDER BY finished_at_ms LIMIT :limit`,
    )
    const remove = this.#prepared('DELETE FROM workloads WHERE ord = ?')
    const expired = oldest.all({ before: endedBeforeMs, limit: atMost })
    const overdue = oldest.all({
      before: Number.MAX_SAFE_INTEGER,
      limit: Math.min(surplus, atMost),
    })
    const doomed = expired.length > overdue.length ? expired : overdue
    await this.#commits.run(() => {
      for (const row of doomed) remove.run(Place.parse(row).ord)
    })
    return doomed.length
  }

  async forgetKeys({ beforeMs, atMost }: ForgetKeysOptions): Promise<number> {
    const forget = this.#prepared(
      `DELETE FROM keys WHERE (owner, key) IN (
         SELECT owner, key FROM keys WHERE workload < :first ORDER BY workload LIMIT :atMost)`,
    )
    const first = this.#firstSince(beforeMs)
    return this.#commits.run(() => Number(forget.run({ first, atMost }).changes))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#commits.close()
    this.#database.close()
    this.#lock[Symbol.dispose]()
  }

  /** Inside a transaction. */
  #insert(workload: Workload, idempotency: Idempotency | undefined): Insertion {
    const { owner, createdAtMs } = workload
    const by = idempotency && this.#kept(owner, idempotency.key, createdAtMs - KEYS_KEPT_MS)
    if (by !== undefined) return { type: 'key_taken', by }
    const { changes, lastInsertRowid } = this.#prepared(
      `INSERT INTO workloads
         (id, owner, status, runtime, isolation, created_at_ms, started_at_ms, request, args)
       VALUES
         (:id, :owner, :status, :runtime, :isolation, :created_at_ms, :started_at_ms, :request, :args)
       ON CONFLICT (id) DO NOTHING`,
    ).run(toRow(workload))
    if (changes === 0) return { type: 'id_taken' }
    if (idempotency !== undefined) {
      this.#prepared('INSERT OR REPLACE INTO keys VALUES (:owner, :key, :requestHash, :ord)').run({
        owner,
        ...idempotency,
        ord: lastInsertRowid,
      })
    }
    return { type: 'inserted' }
  }

  #kept(owner: string, key: string, sinceMs: number): KeptRequest | undefined {
    const row = this.#prepared(
      `SELECT id, request_hash FROM keys JOIN workloads ON ord = workload
       WHERE keys.owner = :owner AND key = :key AND created_at_ms >= :sinceMs`,
    ).get({ owner, key, sinceMs })
    if (row === undefined) return undefined
    const { id, request_hash } = Kept.parse(row)
    return { workloadId: id, requestHash: request_hash }
  }

  /** Runs a statement that changes one row or none; resolves, when that is durable, with which. */
  #change(sql: string, parameters: Record<string, SQLInputValue>): Promise<boolean> {
    return this.#commits.run(() => this.#prepared(sql).run(parameters).changes === 1)
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.#database.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  /** The place of the first workload that was created then or later. */
  #firstSince(sinceMs: number): number {
    const row = this.#prepared(
      'SELECT ord FROM workloads WHERE created_at_ms >= ? ORDER BY created_at_ms LIMIT 1',
    ).get(sinceMs)
    return row === undefined ? Number.MAX_SAFE_INTEGER : Place.parse(row).ord
  }

  #total(filter: WorkloadFilter): number {
    return this.#counts(filter).reduce((sum, { workloads }) => sum + workloads, 0)
  }

  /** The kept counters: a row for each owner, status, runtime and isolation that there is. */
  #counts(filter: WorkloadFilter) {
    const { owner, status, runtime } = filter
    const given = Object.entries({ owner, status, runtime }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    )
    const where = given.map(([name]) => `${name} = :${name}`).join(' AND ')
    const rows = this.#prepared(
      `SELECT status, isolation, sum(workloads) AS workloads, sum(timed) AS timed,
         sum(duration_ms) AS duration_ms FROM counts
       ${where === '' ? '' : `WHERE ${where}`} GROUP BY status, isolation`,
    ).all(Object.fromEntries(given))
    return rows.map((row) => Count.parse(row))
  }
}

/** The table of transitions as a condition. */
function isBefore(to: Status): string {
  return `status IN (${sourcesOf(to)
    .map((from) => `'${from}'`)
    .join(', ')})`
}

function zeroes<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>
}
