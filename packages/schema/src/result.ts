import type { OutputStream, Phase } from './event.ts'
import type { ResultReason } from './outcome.ts'
import type { VmmInfo } from './recorded-workload.ts'
import type { IsolationStrength } from './runtime.ts'

/** What a workload gave back. A program that fails is a result, too. */
export interface WorkloadResult {
  readonly outcome: ResultReason
  /** The program's own, 128+N after signal N; null when it was ended from outside. */
  readonly exitCode: number | null
  readonly stdout: Uint8Array
  readonly stderr: Uint8Array
  readonly truncated: Readonly<Record<OutputStream, boolean>>
  /** In words, empty when there is nothing to say. */
  readonly error: string
  /** From the call of `execute` to its end. */
  readonly durationMs: number
  readonly phases: readonly { readonly phase: Phase; readonly atMs: number }[]
  readonly vmm: VmmInfo
  readonly isolationStrength: IsolationStrength
}
