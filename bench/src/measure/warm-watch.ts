import type { ServerMetrics } from '../served/server-metrics.ts'
import { ReleaseWatch } from './release.ts'

const REQUESTS = 'vulcan_pool_requests_total'
const STARTS = 'vulcan_interpreter_starts_total'

interface Counts {
  readonly misses: number
  /** Interpreters that had waited for their program. */
  readonly warm: number
}

/** Which interpreter a run is to have had: one that waited, one of its own, or there is none. */
export type WantedInterpreter = 'warm' | 'fresh' | 'none'

/**
 * As `ReleaseWatch`, for all arms of one server. Throws for a run that did not find a warm VM, or had
 * another interpreter than it was to have: it is none of its arm.
 */
export class WarmWatch {
  readonly #metrics: ServerMetrics
  readonly #releases: ReleaseWatch
  #before: Counts

  private constructor(metrics: ServerMetrics, releases: ReleaseWatch, before: Counts) {
    this.#metrics = metrics
    this.#releases = releases
    this.#before = before
  }

  static async on(metrics: ServerMetrics, signal: AbortSignal): Promise<WarmWatch> {
    const releases = await ReleaseWatch.on(metrics, signal)
    return new WarmWatch(metrics, releases, await countsOf(metrics))
  }

  async after(
    durationMs: number,
    wanted: WantedInterpreter,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, number>>> {
    const before = this.#before
    this.#before = await countsOf(this.#metrics)
    const facts = await this.#releases.after(durationMs, signal)
    if (this.#before.misses > before.misses) throw new Error('no warm VM was there for it')
    const wasWarm = this.#before.warm > before.warm
    if (wanted === 'warm' && !wasWarm) throw new Error('no interpreter had waited for it')
    if (wanted === 'fresh' && wasWarm) throw new Error('its interpreter had waited for it')
    return facts
  }
}

async function countsOf(metrics: ServerMetrics): Promise<Counts> {
  const counted = await metrics.read()
  return {
    misses: counted.sum(REQUESTS, { result: 'miss' }),
    warm: counted.sum(STARTS, { result: 'warm' }),
  }
}
