import type { Shape } from './shape.ts'
import type { WaitingVm } from './waiting-vm.ts'

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000

/** A VM of a pool that is being started. Whoever takes it before it waits gets it at its end. */
export class Starting {
  #taker: ((vm: WaitingVm | undefined) => void) | undefined

  get isTaken(): boolean {
    return this.#taker !== undefined
  }

  /** Undefined where the start fails, or the signal aborts; the VM is then for others. */
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

/** The VMs of one shape in a pool, and how many there shall be. */
export class Shelf {
  readonly shape: Shape
  readonly min: number
  /** The one that waits longest comes first. */
  readonly ready: WaitingVm[] = []
  readonly starting: Starting[] = []
  /** In nobody's reach: what is looked after just now. */
  away = 0
  #target: number
  #pauseMs = FIRST_PAUSE_MS
  #pausedUntilMs = 0

  constructor(shape: Shape, min: number) {
    this.shape = shape
    this.min = min
    this.#target = min
  }

  /** How many there are, and will be, that nobody has taken. */
  get size(): number {
    return this.ready.length + this.starting.filter(({ isTaken }) => !isTaken).length + this.away
  }

  get missing(): number {
    return performance.now() < this.#pausedUntilMs ? 0 : this.#target - this.size
  }

  /** Nothing is in it or wanted of it. */
  get isEmpty(): boolean {
    return this.#target === 0 && this.size === 0
  }

  /** More were wanted than there were. */
  grow(max: number): void {
    this.#target = Math.min(max, this.#target + 1)
  }

  /** More are there than were wanted for long. */
  shrink(): void {
    this.#target = Math.max(this.min, this.#target - 1)
  }

  /** A start that failed is tried again after a pause, which grows. */
  pause(): void {
    this.#pausedUntilMs = performance.now() + this.#pauseMs
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * this.#pauseMs)
  }

  resume(): void {
    this.#pauseMs = FIRST_PAUSE_MS
  }
}
