export { hasErrno, messageOf, VulcanError } from './error.ts'
export { type OutputStream, PHASES, type Phase, type WorkloadEvent } from './event.ts'
export { NetworkMode, NetworkPolicy } from './network.ts'
export {
  finalStatus,
  OUTCOMES,
  RESULT_REASONS,
  Reason,
  type ResultReason,
  Status,
} from './outcome.ts'
export {
  DEFAULT_PRIORITY,
  Priority,
  VmmInfo,
  Workload,
  WorkloadEnd,
} from './recorded-workload.ts'
export type { WorkloadResult } from './result.ts'
export { Isolation, IsolationStrength, RUNTIMES, Runtime } from './runtime.ts'
export { WORKLOAD_LIMITS, WorkloadSpec, type WorkloadSpecInput } from './workload.ts'
