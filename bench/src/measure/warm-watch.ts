import type { RunWatch } from '../adapters/vulcan-server.ts'
import type { ServerMetrics } from '../served/server-metrics.ts'
import { ReleaseWatch } from './release.ts'
import {
  readWarmCounts,
  type WantedInterpreter,
  type WarmCounts,
  whyNotWarm,
} from './warm-counts.ts'

/**
 * As `ReleaseWatch`, for one arm of a server with a pool. Throws for a run that did not find a warm VM, or had
 * another interpreter than it was to have: it is none of its arm.
 */
export class WarmWatch implements RunWatch {
  readonly #metrics: ServerMetrics
  readonly #wanted: WantedInterpreter
  readonly #releases: ReleaseWatch
  #before: WarmCounts = { misses: Number.NaN, warm: Number.NaN }

  constructor(metrics: ServerMetrics, wanted: WantedInterpreter) {
    this.#metrics = metrics
    this.#wanted = wanted
    this.#releases = new ReleaseWatch(metrics)
  }

  async before(): Promise<void> {
    await this.#releases.before()
    this.#before = await readWarmCounts(this.#metrics)
  }

  async after(durationMs: number, signal: AbortSignal): Promise<Readonly<Record<string, number>>> {
    const counts = await readWarmCounts(this.#metrics)
    const facts = await this.#releases.after(durationMs, signal)
    const problem = whyNotWarm(this.#before, counts, this.#wanted, 1)
    if (problem !== undefined) throw new Error(problem)
    return facts
  }
}
