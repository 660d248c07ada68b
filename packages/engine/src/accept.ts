import { createHash } from 'node:crypto'
import { DEFAULT_PRIORITY, type Workload, type WorkloadSpec } from '@vulcan/schema'
import type { Idempotency } from './idempotency.ts'
import type { Needs } from './slots.ts'

export interface SubmitOptions {
  /** Who submits; owners take turns. Default: empty, for a host without keys. */
  readonly owner?: string | undefined
  /** From 0 to 9 (default 5): of one owner's waiting workloads the highest runs first. */
  readonly priority?: number | undefined
  /** While so many workloads of this owner run, this one waits. Default: no bound but the host's. */
  readonly maxConcurrent?: number | undefined
  /** With a key that this owner used before, the workload of then is the answer. */
  readonly idempotency?: Idempotency | undefined
  /** Called when it is known that the key was not used before; `submit` throws what this throws. */
  readonly admit?: (() => void) | undefined
}

/** What came of a submission. */
export interface Submission {
  readonly workload: Workload
  /** False: an earlier submission with the same key began it, and this one did nothing. */
  readonly isNew: boolean
}

/** What a host adds to a workload that it accepts. */
export interface Acceptance {
  readonly nodeId: string
  /** For workloads that do not say. */
  readonly defaults: Needs
}

/** The record of a workload as it begins. */
export function accept(
  spec: WorkloadSpec,
  { owner = '', priority = DEFAULT_PRIORITY, maxConcurrent }: SubmitOptions,
  { nodeId, defaults }: Acceptance,
): Workload {
  return {
    id: spec.id,
    owner,
    priority,
    nodeId,
    isolation: spec.isolation,
    runtime: spec.runtime,
    args: spec.args,
    network: spec.network ?? null,
    inputHash:
      spec.input === undefined ? '' : createHash('sha256').update(spec.input).digest('hex'),
    cpus: spec.cpus ?? defaults.cpus,
    memMib: spec.memMib ?? defaults.memMib,
    timeoutS: spec.timeoutS,
    outputLimitBytes: spec.outputLimitBytes,
    ...(maxConcurrent === undefined ? {} : { maxConcurrent }),
    createdAtMs: Date.now(),
    status: 'pending',
    startedAtMs: null,
    end: null,
  }
}
