import type { RunWatch } from '../adapters/vulcan-server.ts'
import type { Metrics } from '../served/metrics.ts'
import type { ServerMetrics } from '../served/server-metrics.ts'

const CLEANUP = 'vulcan_firecracker_vm_cleanup_seconds'

/**
 * What becomes of the VM of one run once its answer is here: whether its release was still going on
 * then, how long it took and how many there were. Nothing else may use the server meanwhile, which is
 * quiet before each run.
 */
export class ReleaseWatch implements RunWatch {
  readonly #metrics: ServerMetrics
  #before: Releases = { count: Number.NaN, seconds: Number.NaN }

  constructor(metrics: ServerMetrics) {
    this.#metrics = metrics
  }

  async before(): Promise<void> {
    this.#before = releasesOf(await this.#metrics.read())
  }

  async after(durationMs: number, signal: AbortSignal): Promise<Readonly<Record<string, number>>> {
    const atAnswer = releasesOf(await this.#metrics.read())
    const released = releasesOf(await this.#metrics.quiet(signal))
    const { count, seconds } = this.#before
    return {
      durationMs,
      releases: released.count - count,
      releaseMs: (released.seconds - seconds) * 1000,
      releasedBeforeAnswer: atAnswer.count - count,
    }
  }
}

interface Releases {
  readonly count: number
  readonly seconds: number
}

function releasesOf(metrics: Metrics): Releases {
  return { count: metrics.sum(`${CLEANUP}_count`), seconds: metrics.sum(`${CLEANUP}_sum`) }
}
