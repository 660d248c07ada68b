import { BackendError } from '@vulcan/backend'
import type { VmmProgram } from '@vulcan/backend-firecracker'
import {
  type IsolationStrength,
  messageOf,
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
  /** Null where there is none on this host. */
  readonly vmm: VmmInfo | null
  readonly isolationStrength: IsolationStrength | null
  /** The end of the guest's console when the VM failed. Bytes of an untrusted guest. */
  readonly consoleTail: string
  /** What was thrown when the VM failed. */
  readonly cause: unknown
}

/** What is known of a workload before it runs. */
export interface Known extends Pick<RunReport, 'id' | 'runtime'> {
  readonly vmm: VmmProgram | undefined
}

/** A result as the table of outcomes tells it. */
export function reportResult({ id, runtime }: Known, result: WorkloadResult): RunReport {
  const { outcome, ...rest } = result
  return {
    id,
    runtime,
    ...rest,
    reason: outcome,
    status: OUTCOMES[outcome].status,
    consoleTail: '',
    cause: undefined,
  }
}

/** An error as the table of outcomes tells it; what is no `BackendError` is a bug: `internal`. */
export function reportError(
  { id, runtime, vmm }: Known,
  error: unknown,
  durationMs: number,
): RunReport {
  const reason = error instanceof BackendError ? error.code : 'internal'
  return {
    id,
    runtime,
    vmm: vmm === undefined ? null : { name: vmm.name, version: vmm.version, reason: vmm.reason },
    isolationStrength: vmm?.isolationStrength ?? null,
    status: OUTCOMES[reason].status ?? 'failed',
    reason,
    exitCode: null,
    stdout: new Uint8Array(),
    stderr: new Uint8Array(),
    truncated: { stdout: false, stderr: false },
    error: messageOf(error),
    durationMs,
    phases: [],
    consoleTail: error instanceof BackendError ? error.consoleTail : '',
    cause: error,
  }
}
