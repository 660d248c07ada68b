export { hasErrno, messageOf, VulcanError } from './error.ts'
export { type OutputStream, PHASES, type Phase, type WorkloadEvent } from './event.ts'
export { BackendView, Health, Readiness } from './http/host-view.ts'
export { ListWorkloadsQuery, Stats, WorkloadList } from './http/listing.ts'
export { LogHistory, LogRecord } from './http/log-record.ts'
export { PROBLEMS, Problem, ProblemCode } from './http/problem.ts'
export { HTTP_LIMITS, WorkloadBody, type WorkloadBodyInput } from './http/workload-body.ts'
export { WorkloadView } from './http/workload-view.ts'
export { NetworkMode, NetworkPolicy } from './network.ts'
export {
  finalStatus,
  OUTCOMES,
  RESULT_REASONS,
  Reason,
  type ResultReason,
  Status,
} from './outcome.ts'
export { InvalidWorkloadError, parseWorkload } from './parse-workload.ts'
export {
  DEFAULT_PRIORITY,
  Priority,
  VmmInfo,
  Workload,
  WorkloadEnd,
} from './recorded-workload.ts'
export type { WorkloadResult } from './result.ts'
export { Isolation, IsolationStrength, RUNTIMES, Runtime } from './runtime.ts'
export { Scope } from './scope.ts'
export { canBecome, isFinal, sourcesOf } from './transitions.ts'
export {
  ABSOLUTE_PATH,
  ConfigError,
  type Env,
  integer,
  type Kind,
  readVariable,
  SWITCH,
  type Variable,
  variable,
  words,
} from './variable.ts'
export { WORKLOAD_LIMITS, WorkloadSpec, type WorkloadSpecInput } from './workload.ts'
