import { BackendError } from '@vulcan/backend'
import {
  type IsolationStrength,
  OUTCOMES,
  type Reason,
  type Runtime,
  type Status,
  type VmmInfo,
  type WorkloadResult,
} from '@vulcan/schema'

/** How one workload went, whether its program, its VM or its request decided that. */
export interface RunReport {
  readonly id: string
  /** `failed` also for a request that a server would not have stored. */
  readonly status: Status
  readonly reason: Reason
  readonly runtime: Runtime
  readonly exitCode: number | null
  readonly stdout: Uint8Array
  readonly stderr: Uint8Array
  readonly truncated: WorkloadResult['truncated']
  readonly error: string
  readonly durationMs: number
  readonly phases: WorkloadResult['phases']
  readonly vmm: VmmInfo
  readonly isolationStrength: IsolationStrength
  /** The end of the guest's console when the VM failed. Bytes of an untrusted guest. */
  readonly consoleTail: string
  /** What was thrown when the VM failed. */
  readonly cause: unknown
}

type Known = Pick<RunReport, 'id' | 'runtime' | 'vmm' | 'isolationStrength'>

/** A result as the table of outcomes tells it. */
export function reportResult(known: Known, result: WorkloadResult): RunReport {
  const { outcome, ...rest } = result
  return {
    ...known,
    ...rest,
    reason: outcome,
    status: OUTCOMES[outcome].status,
    consoleTail: '',
    cause: undefined,
  }
}

/** An error as the table of outcomes tells it; what is no `BackendError` is a bug: `internal`. */
export function reportError(known: Known, error: unknown, durationMs: number): RunReport {
  const reason = error instanceof BackendError ? error.code : 'internal'
  return {
    ...known,
    status: OUTCOMES[reason].status ?? 'failed',
    reason,
    exitCode: null,
    stdout: new Uint8Array(),
    stderr: new Uint8Array(),
    truncated: { stdout: false, stderr: false },
    error: error instanceof Error ? error.message : String(error),
    durationMs,
    phases: [],
    consoleTail: error instanceof BackendError ? error.consoleTail : '',
    cause: error,
  }
}
