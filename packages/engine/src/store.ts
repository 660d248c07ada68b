import type {
  Isolation,
  Runtime,
  Status,
  Workload,
  WorkloadEnd,
  WorkloadSpec,
} from '@vulcan/schema'
import type { Idempotency, KeptRequest } from './idempotency.ts'
import type { EventBatch, EventPage } from './recorded-event.ts'

/** Which workloads a list has: all that agree with every field that is given. */
export interface WorkloadFilter {
  readonly owner?: string | undefined
  readonly status?: Status | undefined
  readonly runtime?: Runtime | undefined
}

export interface ListQuery extends WorkloadFilter {
  /** Those created at or after this time. */
  readonly sinceMs?: number | undefined
  readonly limit: number
  /** Counted from the cursor, or from the newest. What is skipped is read, too. */
  readonly offset?: number | undefined
  readonly cursor?: string | undefined
}

export interface WorkloadPage {
  /** The newest first; without their arguments. */
  readonly workloads: readonly Workload[]
  /** How many agree with the filter, on all pages; `sinceMs` does not count. */
  readonly total: number
  /** Null on the last page. */
  readonly nextCursor: string | null
}

export interface WorkloadStats {
  readonly total: number
  readonly byStatus: Readonly<Record<Status, number>>
  readonly byIsolation: Readonly<Record<Isolation, number>>
  /** Of those that ran and ended; null without any. */
  readonly avgDurationMs: number | null
}

export type Insertion =
  | { readonly type: 'inserted' }
  | { readonly type: 'id_taken' }
  /** The owner's key stands for an earlier request. */
  | { readonly type: 'key_taken'; readonly by: KeptRequest }

export interface PruneOptions {
  /** Those that ended before this time go. */
  readonly endedBeforeMs: number
  /** While there are more workloads than these, those that ended first go. */
  readonly keep: number
  /** In one call. */
  readonly atMost: number
}

export interface ForgetKeysOptions {
  readonly beforeMs: number
  /** In one call. */
  readonly atMost: number
}

/**
 * Where workloads are kept. Every change is durable when its promise resolves, and nothing of it is
 * there when it rejects. The steps of a workload's life are those that `canBecome` permits: a step that the
 * table does not permit changes nothing and resolves with false, whoever comes second.
 */
export interface Store extends AsyncDisposable {
  /**
   * Takes in a workload and its owner's key for it: both or neither. It is pending, and then its spec is
   * kept until it has ended; or it is started with this, and then its spec is with who runs it, as
   * nobody runs it again. A key of a workload that was created more than `KEYS_KEPT_MS` before this one
   * is free.
   */
  insert(workload: Workload, spec: WorkloadSpec, idempotency?: Idempotency): Promise<Insertion>
  /** From pending to running. */
  start(id: string, startedAtMs: number): Promise<boolean>
  /** To the final status of its reason; the spec is deleted. */
  end(id: string, end: WorkloadEnd): Promise<boolean>
  /**
   * Events of running workloads; those of others are dropped. A loss of power they survive only with
   * the next change of another kind, such as their workload's end.
   */
  append(batches: readonly EventBatch[]): Promise<void>

  get(id: string): Promise<Workload | undefined>
  /** For those who wait: cheaper than `get`. */
  status(id: string): Promise<Status | undefined>
  /** What an owner's key stands for, if its workload was created at or after this time. */
  keptRequest(owner: string, key: string, sinceMs: number): Promise<KeptRequest | undefined>
  /** What is to be run; undefined when the workload is unknown, has ended or was started at once. */
  spec(id: string): Promise<WorkloadSpec | undefined>
  /** The events that follow on `afterSeq` (-1: from the first), at most some hundred KiB of them. */
  events(id: string, afterSeq: number): Promise<EventPage>
  /** Throws `CursorError`. */
  list(query: ListQuery): Promise<WorkloadPage>
  stats(owner?: string): Promise<WorkloadStats>

  /** Deletes workloads that have ended, with their events and keys; resolves with how many. */
  prune(options: PruneOptions): Promise<number>
  /** Deletes keys of workloads created before this time; resolves with how many. */
  forgetKeys(options: ForgetKeysOptions): Promise<number>
}
