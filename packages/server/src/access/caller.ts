import { NetworkMode, type Scope } from '@vulcan/schema'
import * as z from 'zod'

/** What a key may use; what is absent has only the host's bounds. */
export const Quota = z.object({
  /** Workloads that run at once; more of them wait. */
  maxConcurrent: z.int().min(1).optional(),
  /** Submitted workloads. */
  ratePerMinute: z.int().min(1).optional(),
  /** Of one workload. */
  maxCpus: z.int().min(1).optional(),
  /** Of one workload. */
  maxMemMib: z.int().min(1).optional(),
  /** The widest network of one workload. */
  maxNetwork: NetworkMode.optional(),
})
export type Quota = z.infer<typeof Quota>

/** On whose behalf a request is answered. */
export interface Caller {
  /** The id of the key, which owns what is submitted with it; empty on a host without keys. */
  readonly owner: string
  readonly scopes: ReadonlySet<Scope>
  readonly quota: Quota
}
