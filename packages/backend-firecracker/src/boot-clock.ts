import { availableParallelism, loadavg } from 'node:os'
import { BackendError } from '@vulcan/backend'

const TICK_MS = 250

/** A deadline for what the clock of boots ends: a boot's own time ends before this. */
export const BEYOND_ANY_BOOT_MS = 24 * 3_600_000

/** The time of one boot; `signal` aborts with `BackendError` `agent_unreachable` when it is over. */
export interface BootTime extends Disposable {
  readonly signal: AbortSignal
}

interface Boot {
  readonly budgetMs: number
  readonly over: AbortController
  spentMs: number
}

/**
 * Gives each boot the time that it may take on an idle machine. The clock runs slower while there is
 * more to do than there are cores: for boots of this process at once, and for all load.
 */
export class BootClock {
  readonly #boots = new Set<Boot>()
  readonly #crowding: (boots: number) => number
  #timer: NodeJS.Timeout | undefined

  /** `crowding` says how much there is to do for each core, 1 at least. */
  constructor(crowding = crowdingOfThisMachine) {
    this.#crowding = crowding
  }

  start(budgetMs: number): BootTime {
    const boot: Boot = { budgetMs, over: new AbortController(), spentMs: 0 }
    this.#boots.add(boot)
    this.#timer ??= this.#run()
    return {
      signal: boot.over.signal,
      [Symbol.dispose]: () => this.#end(boot),
    }
  }

  #run(): NodeJS.Timeout {
    let lastMs = performance.now()
    return setInterval(() => {
      const nowMs = performance.now()
      const passedMs = (nowMs - lastMs) / this.#crowding(this.#boots.size)
      lastMs = nowMs
      for (const boot of this.#boots) this.#spend(boot, passedMs)
    }, TICK_MS)
  }

  #spend(boot: Boot, passedMs: number): void {
    boot.spentMs += passedMs
    if (boot.spentMs < boot.budgetMs) return
    const words = `the agent was not ready within the ${boot.budgetMs} ms that a boot may take here (VULCAN_FC_BOOT_TIMEOUT_MS)`
    boot.over.abort(new BackendError('agent_unreachable', words))
    this.#end(boot)
  }

  #end(boot: Boot): void {
    this.#boots.delete(boot)
    if (this.#boots.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

/**
 * The kernel's average shows a boot only when that has gone on for a minute. Then it counts twice, and
 * one that hangs is ended later: the other way round, a busy machine would end boots that go well.
 */
function crowdingOfThisMachine(boots: number): number {
  const [load = 0] = loadavg()
  return Math.max(1, (boots + load) / availableParallelism())
}
