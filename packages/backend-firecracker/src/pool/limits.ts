/** How much a pool may hold. */
export interface PoolLimits {
  /** VMs that always wait for each runtime that has an image, in the default shape. */
  readonly min: number
  /** VMs of one shape that wait at most. */
  readonly max: number
  /** How long more VMs than the minimum may wait in vain. */
  readonly idleMs: number
  /** The memory of all waiting VMs together, as much as they may use. */
  readonly memMib: number
}
