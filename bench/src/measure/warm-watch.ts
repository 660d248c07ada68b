import type { ServerMetrics } from '../served/server-metrics.ts'
import { ReleaseWatch } from './release.ts'

const REQUESTS = 'vulcan_pool_requests_total'

/**
 * As `ReleaseWatch`, for all arms of one server. Throws for a run that did not find a warm VM: it is
 * none of a warm arm.
 */
export class WarmWatch {
  readonly #metrics: ServerMetrics
  readonly #releases: ReleaseWatch
  #misses: number

  private constructor(metrics: ServerMetrics, releases: ReleaseWatch, misses: number) {
    this.#metrics = metrics
    this.#releases = releases
    this.#misses = misses
  }

  static async on(metrics: ServerMetrics, signal: AbortSignal): Promise<WarmWatch> {
    const releases = await ReleaseWatch.on(metrics, signal)
    return new WarmWatch(metrics, releases, await missesOf(metrics))
  }

  async after(durationMs: number, signal: AbortSignal): Promise<Readonly<Record<string, number>>> {
    const before = this.#misses
    this.#misses = await missesOf(this.#metrics)
    const facts = await this.#releases.after(durationMs, signal)
    if (this.#misses > before) throw new Error('no warm VM was there for it')
    return facts
  }
}

async function missesOf(metrics: ServerMetrics): Promise<number> {
  return (await metrics.read()).sum(REQUESTS, { result: 'miss' })
}
