import type { Runtime } from '@vulcan/schema'
import type { ArmName } from './arms.ts'
import type { MachineFacts } from './facts/machine-facts.ts'
import type { Plan } from './plan.ts'

/** One run of one program. */
export interface Sample {
  /** From the send to the last byte received; null when the run failed. */
  readonly ms: number | null
  /** Why it failed. */
  readonly error?: string
  /** When the server began each phase, in ms from its own start of the workload. */
  readonly phases?: readonly PhaseBegin[]
  /** What else is known of it, with units in the names. */
  readonly facts?: Readonly<Record<string, number>>
}

export interface PhaseBegin {
  readonly phase: string
  readonly atMs: number
}

/** The runs of one arm, in their order: those of the arms of a runtime with the same index are a round. */
export interface Series {
  readonly arm: ArmName
  readonly runtime: Runtime
  readonly samples: readonly Sample[]
  /** Why there are none, or no more. */
  readonly unavailable?: string
}

/** So many programs handed in at once. */
export interface Burst {
  readonly arm: ArmName
  readonly runtime: Runtime
  readonly atOnce: number
  readonly samples: readonly Sample[]
  /** To the last answer; null when one failed. */
  readonly lastMs: number | null
}

/** What one VM costs the host. */
export interface VmCost {
  readonly kind: 'cold' | 'warm'
  readonly runtime: Runtime
  /** Of all its processes together, when its program ran, or while it was waiting for one. */
  readonly pssMib: number
  /** The processor time of all its processes up to then. */
  readonly cpuMs: number
  /** How much of a core they take while the program, or the VM, only waits. */
  readonly idleCpuShare: number
}

/** Vulcan's own process while nobody asks for anything. */
export interface Idle {
  readonly warmVms: number
  readonly seconds: number
  /** Of one core. */
  readonly cpuShare: number
}

/** What could not be measured at all. */
export interface Missing {
  readonly what: string
  readonly because: string
}

/** The raw result of one run of the benchmark: all that the tables are computed from. */
export interface Result {
  readonly format: 1
  readonly plan: Plan
  readonly startedAt: string
  readonly endedAt: string
  readonly machine: MachineFacts
  readonly series: readonly Series[]
  readonly bursts: readonly Burst[]
  readonly costs: readonly VmCost[]
  readonly idle: Idle | null
  readonly missing: readonly Missing[]
}
