/** From mild to hard. */
const SEVERITY = { ctrl_alt_del: 0, terminate: 1, kill: 2 } as const

/**
 * One attempt to end a VMM and how long to wait for its end: `ctrl_alt_del` asks the guest (which
 * must be x86 and listen), `terminate` is SIGTERM to the VMM, `kill` SIGKILL.
 */
export interface ShutdownStage {
  readonly stage: keyof typeof SEVERITY
  readonly timeoutMs: number
}

/** For VMs that are thrown away. A killed process in an uninterruptible system call takes longer. */
export const KILL_AT_ONCE: readonly ShutdownStage[] = [{ stage: 'kill', timeoutMs: 10_000 }]

/** What a shutdown does to a VMM. */
export interface ShutdownTarget {
  readonly exited: Promise<unknown>
  sendCtrlAltDel(signal: AbortSignal): Promise<void>
  signal(name: 'SIGTERM' | 'SIGKILL'): void
}

/**
 * The stages that one VMM has gone through. Stages of overlapping shutdowns never lead back to a
 * milder one: a stage below what another shutdown has reached is skipped.
 */
export class Shutdown {
  readonly #target: ShutdownTarget
  #reached = -1

  constructor(target: ShutdownTarget) {
    this.#target = target
  }

  /** True when the VMM has exited, false when it outlived the last stage. */
  async run(stages: readonly ShutdownStage[]): Promise<boolean> {
    for (const stage of stages) {
      if (SEVERITY[stage.stage] < this.#reached) continue
      this.#reached = SEVERITY[stage.stage]
      if (await this.#runStage(stage)) return true
    }
    return false
  }

  async #runStage({ stage, timeoutMs }: ShutdownStage): Promise<boolean> {
    const timeout = new AbortController()
    const timer = setTimeout(() => timeout.abort(), timeoutMs)
    const { promise: timedOut, resolve } = Promise.withResolvers<false>()
    timeout.signal.addEventListener('abort', () => resolve(false))
    try {
      this.#attempt(stage, timeout)
      return await Promise.race([this.#target.exited.then(() => true), timedOut])
    } finally {
      clearTimeout(timer)
    }
  }

  #attempt(stage: ShutdownStage['stage'], timeout: AbortController): void {
    if (stage === 'ctrl_alt_del') {
      // A VMM that cannot be asked is not waited for.
      this.#target.sendCtrlAltDel(timeout.signal).catch(() => timeout.abort())
    } else {
      this.#target.signal(stage === 'kill' ? 'SIGKILL' : 'SIGTERM')
    }
  }
}
