import { BackendError } from '@vulcan/backend'
import type { VmmProgram } from '@vulcan/backend-firecracker'
import { RefusedError, type RunEnd } from '@vulcan/engine'
import {
  finalStatus,
  type IsolationStrength,
  messageOf,
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

/** How a workload went that the engine has taken. */
export function reportEnd(known: Known, run: RunEnd, durationMs: number): RunReport {
  const { workload, result, failure } = run
  const { reason, error } = workload.end
  const { status } = workload
  if (result === undefined) {
    const consoleTail = failure instanceof BackendError ? failure.consoleTail : ''
    return {
      ...withoutResult(known, durationMs),
      ...{ status, reason, error, consoleTail, cause: failure },
    }
  }
  const { id, runtime } = known
  const { outcome: _, ...rest } = result
  return { id, runtime, ...rest, ...{ status, reason, error }, consoleTail: '', cause: undefined }
}

/** Why a workload was not even taken; what is no refusal is a bug: `internal`. */
export function reportRefusal(known: Known, error: unknown, durationMs: number): RunReport {
  const isRefusal = error instanceof BackendError || error instanceof RefusedError
  const reason = isRefusal ? error.code : 'internal'
  const status = finalStatus(reason)
  return {
    ...withoutResult(known, durationMs),
    ...{ status, reason, error: messageOf(error), consoleTail: '', cause: error },
  }
}

function withoutResult({ id, runtime, vmm }: Known, durationMs: number) {
  return {
    id,
    runtime,
    vmm: vmm === undefined ? null : { name: vmm.name, version: vmm.version, reason: vmm.reason },
    isolationStrength: vmm?.isolationStrength ?? null,
    exitCode: null,
    stdout: new Uint8Array(),
    stderr: new Uint8Array(),
    truncated: { stdout: false, stderr: false },
    durationMs,
    phases: [],
  }
}
