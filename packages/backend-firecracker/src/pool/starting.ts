import type { WaitingVm } from './waiting-vm.ts'

/**
 * A VM of a pool that is being started, or prepared anew. Whoever takes it before it waits gets it at
 * the end of that.
 */
export class Starting {
  #taker: ((vm: WaitingVm | undefined) => void) | undefined

  get isTaken(): boolean {
    return this.#taker !== undefined
  }

  /** Undefined where that fails, or the signal aborts; the VM is then for others. */
  async take(signal: AbortSignal): Promise<WaitingVm | undefined> {
    if (signal.aborted) return undefined
    const { promise, resolve } = Promise.withResolvers<WaitingVm | undefined>()
    this.#taker = resolve
    const giveUp = () => this.give(undefined)
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      return await promise
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }

  /** False: nobody has taken it. */
  give(vm: WaitingVm | undefined): boolean {
    const taker = this.#taker
    this.#taker = undefined
    taker?.(vm)
    return taker !== undefined
  }
}
