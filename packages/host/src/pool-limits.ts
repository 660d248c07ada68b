import { availableParallelism } from 'node:os'
import type { PoolLimits, VmmProgram } from '@vulcan/backend-firecracker'

/** What the environment asks of a pool; undefined: what fits the machine. */
export interface PoolSettings extends Pick<PoolLimits, 'idleMs' | 'memMib'> {
  readonly min: number | undefined
  readonly max: number | undefined
}

const MAX = 8

/**
 * How many VMs wait here. The boot of an emulated guest takes a processor for seconds, so there only
 * what was wanted once is started again. Undefined: there is no pool.
 */
export function poolLimits(
  { min, max, ...rest }: PoolSettings,
  { isolationStrength }: Pick<VmmProgram, 'isolationStrength'>,
): PoolLimits | undefined {
  const isEmulated = isolationStrength === 'emulated'
  const processors = availableParallelism()
  const fitting = Math.min(MAX, Math.ceil(isEmulated ? processors / 2 : processors))
  const limits = {
    min: min ?? (isEmulated ? 0 : 1),
    max: max ?? Math.max(fitting, min ?? 0),
    ...rest,
  }
  return limits.max === 0 ? undefined : limits
}
