export type { Backend, BackendCapabilities, ExecuteOptions } from './backend.ts'
export { BackendError, type FailureReason } from './errors.ts'
export { Registry } from './registry.ts'
