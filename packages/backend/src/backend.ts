import type {
  IsolationStrength,
  Runtime,
  WorkloadEvent,
  WorkloadResult,
  WorkloadSpec,
} from '@vulcan/schema'

export interface BackendCapabilities {
  readonly name: string
  readonly supportedRuntimes: readonly Runtime[]
  readonly supportedIsolations: readonly 'microvm'[]
  /** How many workloads may be in `execute` or its release at once. */
  readonly maxConcurrency: number
  readonly isolationStrength: IsolationStrength
}

export interface ExecuteOptions {
  /** Ends the workload in any phase; `execute` then resolves with the outcome `killed`. */
  readonly signal: AbortSignal
  /** Awaited before more is read from the guest, so a slow consumer slows the program down. */
  readonly onEvent?: (event: WorkloadEvent) => void | Promise<void>
  /** False: the result comes without output, of which `onEvent` got all (default true). */
  readonly keepOutput?: boolean
}

/** What can execute workloads. */
export interface Backend {
  /**
   * Runs one workload and resolves when its outcome is known; what it held is released afterwards,
   * off the caller's path (`idle` waits for that).
   *
   * Rejects with a `BackendError` when the VM failed rather than the program.
   */
  execute(spec: WorkloadSpec, options: ExecuteOptions): Promise<WorkloadResult>
  capabilities(): BackendCapabilities
  /** Ends a workload and releases all it holds: idempotent, at any time, from any state. */
  cleanup(workloadId: string): Promise<void>
  /** Resolves when every release has ended. */
  idle(): Promise<void>
  /** Takes no new work, gives running work a bounded time, then waits for `idle`. */
  shutdown(): Promise<void>
}
