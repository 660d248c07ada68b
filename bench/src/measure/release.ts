import type { Metrics } from '../served/metrics.ts'
import type { ServerMetrics } from '../served/server-metrics.ts'

const CLEANUP = 'vulcan_firecracker_vm_cleanup_seconds'

/**
 * What becomes of the VM of one run once its answer is here: whether its release was still going on
 * then, how long it took and how many there were. Nothing else may use the server meanwhile.
 */
export class ReleaseWatch {
  readonly #metrics: ServerMetrics
  #before: Releases

  private constructor(metrics: ServerMetrics, before: Releases) {
    this.#metrics = metrics
    this.#before = before
  }

  static async on(metrics: ServerMetrics, signal: AbortSignal): Promise<ReleaseWatch> {
    return new ReleaseWatch(metrics, releasesOf(await metrics.quiet(signal)))
  }

  /** To be asked right after the answer: `durationMs` is the server's own of the workload. */
  async after(durationMs: number, signal: AbortSignal): Promise<Readonly<Record<string, number>>> {
    const atAnswer = releasesOf(await this.#metrics.read())
    const before = this.#before
    this.#before = releasesOf(await this.#metrics.quiet(signal))
    return {
      durationMs,
      releases: this.#before.count - before.count,
      releaseMs: (this.#before.seconds - before.seconds) * 1000,
      releasedBeforeAnswer: atAnswer.count - before.count,
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
