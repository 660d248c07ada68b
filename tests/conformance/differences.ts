import type { VmmName } from './vmms/vmm.ts'

/** Cases that one of ours does not pass, and why that is so. */
export interface Difference {
  readonly vmm: Exclude<VmmName, 'firecracker'>
  readonly reason: string
  readonly cases: readonly string[]
}

/**
 * All that is known to differ from Firecracker. A case that fails and is not here fails the run, and
 * so does one that is here and passes.
 */
export const DIFFERENCES: readonly Difference[] = []
