import type { ServerMetrics } from '../served/server-metrics.ts'

const REQUESTS = 'vulcan_pool_requests_total'
const STARTS = 'vulcan_interpreter_starts_total'

/** What a server counted of its pool. */
export interface WarmCounts {
  /** Workloads that found no warm VM. */
  readonly misses: number
  /** Interpreters that had waited for their program. */
  readonly warm: number
}

/** Which interpreter a run is to have had: one that waited, one of its own, or there is none. */
export type WantedInterpreter = 'warm' | 'fresh' | 'none'

export async function readWarmCounts(metrics: ServerMetrics): Promise<WarmCounts> {
  const counted = await metrics.read()
  return {
    misses: counted.sum(REQUESTS, { result: 'miss' }),
    warm: counted.sum(STARTS, { result: 'warm' }),
  }
}

/** Why so many runs between the two were not all warm, and with the interpreter that was wanted; undefined if they were. */
export function whyNotWarm(
  before: WarmCounts,
  after: WarmCounts,
  wanted: WantedInterpreter,
  runs: number,
): string | undefined {
  const misses = after.misses - before.misses
  if (misses > 0) return `no warm VM was there for ${misses} of ${runs}`
  const warm = after.warm - before.warm
  if (wanted === 'warm' && warm < runs)
    return `no interpreter had waited for ${runs - warm} of ${runs}`
  if (wanted === 'fresh' && warm > 0) return `an interpreter had waited for ${warm} of ${runs}`
  return undefined
}
