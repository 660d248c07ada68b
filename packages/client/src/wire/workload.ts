import type {
  Isolation,
  IsolationStrength,
  NetworkMode,
  Phase,
  Reason,
  Runtime,
  Status,
  VmmInfo,
  WorkloadView,
} from '@vulcan/schema'
import { fromBase64 } from './base64.ts'

/** A workload as the server knows it. */
export interface Workload {
  readonly id: string
  readonly status: Status
  /** Why it ended: a row of the table of outcomes. Null until then. */
  readonly reason: Reason | null
  readonly isolation: Isolation
  readonly runtime: Runtime
  /** Null in lists. */
  readonly args: readonly string[] | null
  /** Null: the host's default. */
  readonly network: NetworkMode | null
  readonly priority: number
  /** The host that runs it. */
  readonly nodeId: string
  /** SHA-256 of the standard input in hexadecimal; empty without one. */
  readonly inputHash: string
  /** Null in lists and before the end. */
  readonly stdout: Uint8Array | null
  readonly stderr: Uint8Array | null
  /** Whether the program wrote more than `outputLimitBytes`. Null before the end. */
  readonly truncated: { readonly stdout: boolean; readonly stderr: boolean } | null
  readonly outputLimitBytes: number
  /** The program's own, 128+N after signal N; null when it was ended from outside. */
  readonly exitCode: number | null
  /** In words, empty when there is nothing to say. */
  readonly error: string
  readonly cpus: number
  readonly memMib: number
  readonly timeoutS: number
  readonly durationMs: number | null
  /** When each began, counted from the start. Null in lists. */
  readonly phases: readonly { readonly phase: Phase; readonly atMs: number }[] | null
  readonly vmm: VmmInfo | null
  /** `emulated` is no security boundary. */
  readonly isolationStrength: IsolationStrength | null
  readonly createdAt: Date
  readonly startedAt: Date | null
  readonly finishedAt: Date | null
}

export function decodeWorkload(view: WorkloadView): Workload {
  const { id, status, reason, isolation, runtime, args, network, priority, truncated } = view
  return {
    ...{ id, status, reason, isolation, runtime, args, network, priority, truncated },
    nodeId: view.node_id,
    inputHash: view.input_hash,
    stdout: view.stdout === null ? null : fromBase64(view.stdout),
    stderr: view.stderr === null ? null : fromBase64(view.stderr),
    outputLimitBytes: view.output_limit_bytes,
    exitCode: view.exit_code,
    error: view.error,
    cpus: view.cpu_limit,
    memMib: view.mem_limit,
    timeoutS: view.timeout_s,
    durationMs: view.duration_ms,
    phases: view.phases?.map(({ phase, at_ms }) => ({ phase, atMs: at_ms })) ?? null,
    vmm: view.vmm,
    isolationStrength: view.isolation_strength,
    createdAt: new Date(view.created_at),
    startedAt: view.started_at === null ? null : new Date(view.started_at),
    finishedAt: view.finished_at === null ? null : new Date(view.finished_at),
  }
}
