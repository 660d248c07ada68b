export type { Acceptance, Submission, SubmitOptions } from './accept.ts'
export type { Deadlines } from './attempt.ts'
export {
  type DrainOptions,
  Engine,
  type EngineLoad,
  type EngineOptions,
  type RunOptions,
} from './engine.ts'
export {
  CursorError,
  IdempotencyError,
  RefusedError,
  StoreError,
  UnknownWorkloadError,
  WorkloadEndedError,
} from './errors.ts'
export type { Idempotency, KeptRequest } from './idempotency.ts'
export { MemoryStore } from './memory-store.ts'
export type { QueueLimits } from './queue.ts'
export type { EventBatch, EventPage, NewEvent, RecordedEvent } from './recorded-event.ts'
export type { RetentionLimits } from './retention.ts'
export type { Capacity, Needs } from './slots.ts'
export { openDatabase } from './sqlite/open-database.ts'
export { SqliteStore } from './sqlite/sqlite-store.ts'
export type {
  ForgetKeysOptions,
  Insertion,
  ListQuery,
  PruneOptions,
  Store,
  WorkloadFilter,
  WorkloadPage,
  WorkloadStats,
} from './store.ts'
export type { Observer, RunEnd } from './ticket.ts'
export type { EngineWatcher } from './watcher.ts'
