import { setTimeout as delay } from 'node:timers/promises'
import { Caller } from './caller.ts'
import { Metrics } from './metrics.ts'
import type { Target } from './target.ts'

const LOOK_EVERY_MS = 25
/** How long what a run left behind may take to go, and a pool to fill. */
const QUIET_DEADLINE_MS = 1_800_000

/** What a server of ours counts, on a connection of its own. */
export class ServerMetrics implements Disposable {
  readonly #caller: Caller
  readonly #poolSize: number

  /** `poolSize` is how many warm VMs the server is to have while nobody asks. */
  constructor(target: Pick<Target, 'url' | 'key'>, poolSize: number) {
    this.#caller = new Caller(target)
    this.#poolSize = poolSize
  }

  async read(): Promise<Metrics> {
    return new Metrics(await this.#caller.text('/metrics'))
  }

  /** Whether it knows of pools; one that does has said so before its first workload. */
  async hasPool(): Promise<boolean> {
    return (await this.read()).has('vulcan_pool_warm')
  }

  /**
   * Resolves when the server has nothing to do: no workload, no release, and all its warm VMs ready.
   * Throws when that takes longer than half an hour, and the signal's reason.
   */
  async quiet(signal: AbortSignal): Promise<Metrics> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(QUIET_DEADLINE_MS)])
    for (;;) {
      const metrics = await this.read()
      if (isQuiet(metrics, this.#poolSize)) return metrics
      await delay(LOOK_EVERY_MS, undefined, { signal: deadline })
    }
  }

  [Symbol.dispose](): void {
    this.#caller[Symbol.dispose]()
  }
}

/** Of all that holds something, a release is over last. */
function isQuiet(metrics: Metrics, poolSize: number): boolean {
  const warm = metrics.sum('vulcan_pool_warm')
  const others = metrics.sum('vulcan_firecracker_active_vms') - warm
  return metrics.sum('vulcan_workload_active') === 0 && others === 0 && warm >= poolSize
}
