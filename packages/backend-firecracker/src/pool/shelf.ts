import type { Shape } from './shape.ts'
import { Starting } from './starting.ts'
import type { WaitingVm } from './waiting-vm.ts'

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000
/** What is wanted is remembered so long at least: a start may have to wait for workloads to end. */
const WANTED_MIN_MS = 60_000

/** The VMs of one shape in a pool, and how many there shall be. */
export class Shelf {
  readonly shape: Shape
  readonly min: number
  readonly max: number
  /** The one that waits longest comes first. */
  readonly ready: WaitingVm[] = []
  readonly starting: Starting[] = []
  #target: number
  #wantedAtMs = performance.now()
  /** Of starts, and of VMs that waited, since one was handed out. */
  #failures = 0
  #pausedUntilMs = 0

  /** `min` is at most `max`. */
  constructor(shape: Shape, min: number, max: number) {
    this.shape = shape
    this.min = min
    this.max = max
    this.#target = min
  }

  /** How many there are, and will be, that nobody has taken. */
  get size(): number {
    return this.ready.length + this.starting.filter(({ isTaken }) => !isTaken).length
  }

  get missing(): number {
    return performance.now() < this.#pausedUntilMs ? 0 : this.#target - this.size
  }

  /** All that shall wait do. */
  get isComplete(): boolean {
    return this.ready.length >= this.#target
  }

  /** Nothing is in it, comes or is wanted. */
  get isEmpty(): boolean {
    return this.#target === 0 && this.ready.length === 0 && this.starting.length === 0
  }

  /** One more is coming. */
  begin(): Starting {
    const starting = new Starting()
    this.starting.push(starting)
    return starting
  }

  /** It comes no more: it has come, or failed. */
  end(starting: Starting): void {
    remove(this.starting, starting)
  }

  /** One more waits; it may have waited before. */
  put(waiting: WaitingVm): void {
    const index = this.ready.findIndex(({ sinceMs }) => sinceMs > waiting.sinceMs)
    this.ready.splice(index === -1 ? this.ready.length : index, 0, waiting)
  }

  /** False where it does not wait any more. */
  withdraw(waiting: WaitingVm): boolean {
    return remove(this.ready, waiting)
  }

  /** A workload asks for one. */
  want(): void {
    this.#wantedAtMs = performance.now()
  }

  /** More were wanted than there were. */
  grow(): void {
    this.#target = Math.min(this.max, this.#target + 1)
  }

  /** More are there than were wanted for long. */
  shrink(): void {
    this.#target = Math.max(this.min, this.#target - 1)
  }

  /** Of what is missing the minimum is left when none was wanted for so long. */
  age(idleMs: number): void {
    if (performance.now() - this.#wantedAtMs <= Math.max(idleMs, WANTED_MIN_MS)) return
    this.#target = Math.max(this.min, Math.min(this.#target, this.size))
  }

  /**
   * A start has failed. Beyond the minimum it is tried again when one more is wanted, and not before
   * a pause is over, which grows.
   */
  fail(): void {
    this.shrink()
    this.#pause()
  }

  /** One that waited has died. Its place is taken at once, but where the last one failed, too, after a pause. */
  lose(): void {
    if (this.#failures === 0) this.#failures = 1
    else this.#pause()
  }

  /** One is handed out. */
  succeed(): void {
    this.#failures = 0
  }

  #pause(): void {
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures)
    this.#pausedUntilMs = performance.now() + pauseMs
    this.#failures += 1
  }
}

/** False where the list does not have it. */
function remove<T>(list: T[], item: T): boolean {
  const index = list.indexOf(item)
  if (index === -1) return false
  list.splice(index, 1)
  return true
}
