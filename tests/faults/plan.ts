import type { Layout } from '@vulcan/backend-firecracker'
import type { NetworkMode, Phase } from '@vulcan/schema'

/** What happens to an owner at one of its steps. */
export const DEEDS = ['kill', 'abort', 'cleanup', 'shutdown'] as const
export type Deed = (typeof DEEDS)[number]

/** A step of an owner: one thing that it does to the world outside its memory. */
export interface Trigger {
  /** As `step-names.ts` calls it; its first occurrence counts. */
  readonly step: string
  readonly edge: 'before' | 'after'
  readonly deed: Deed
}

export interface PlannedWorkload {
  readonly id: string
  readonly network: NetworkMode
}

/** What one owner is to do, from becoming an owner to its disposal. */
export interface OwnerPlan {
  readonly layout: Layout
  readonly env: Readonly<Record<string, string>>
  /** The VMM. */
  readonly binary: string
  readonly workloads: readonly PlannedWorkload[]
  readonly timeoutS: number
  readonly readySlots: number
  /** How often a recovery of its own follows, which finds what it could not release at first. */
  readonly recoveriesAfter: number
  readonly trigger: Trigger | undefined
  /** Where the owner writes that the trigger was pulled. */
  readonly triggeredPath: string
}

export type OwnerCommand =
  | { readonly type: 'run'; readonly plan: OwnerPlan }
  /** Recovers what others left, while its workloads go on. */
  | { readonly type: 'recover' }

/** How one workload ended: `exited@ended`, `boot_failed@vmm`. */
export interface Outcome {
  readonly id: string
  readonly row: string
  readonly words: string
  readonly consoleTail: string
}

export interface OwnerReport {
  readonly outcomes: readonly Outcome[]
  /** What the backend could not release at first. */
  readonly releaseErrors: readonly string[]
  readonly recoverFailures: readonly string[]
  /** What it held when it had done everything. */
  readonly held: readonly string[]
  /** Every step, in the order in which they came. */
  readonly steps: readonly string[]
}

export type OwnerMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'phase'; readonly id: string; readonly phase: Phase }
  | { readonly type: 'outcome'; readonly outcome: Outcome }
  | { readonly type: 'recovered'; readonly failures: readonly string[] }
  | { readonly type: 'report'; readonly report: OwnerReport }
  | { readonly type: 'failed'; readonly words: string }
