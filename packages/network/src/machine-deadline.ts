import { performance } from 'node:perf_hooks'

/** Node starts within this time even where it has to be read from the disk. */
const NODE_START_MS = 100
const SLOWNESS_MAX = 30

/**
 * How long something may take here for which `deadlineMs` is plenty on a usual machine. One whose
 * processor is emulated, or that has far more to do than it can, needs longer for all programs alike:
 * how much, the start of this process has shown.
 */
export function machineDeadlineMs(
  deadlineMs: number,
  nodeStartMs: number = performance.nodeTiming.bootstrapComplete,
): number {
  const slowness = Math.min(SLOWNESS_MAX, Math.max(1, nodeStartMs / NODE_START_MS))
  return Math.round(deadlineMs * slowness)
}
