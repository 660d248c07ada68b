import type { PoolLimits } from './limits.ts'
import { keyOf, type Shape } from './shape.ts'
import { Shelf } from './shelf.ts'

/** Shapes that are kept in mind. */
const SHELVES_MAX = 64

/** The shelves of a pool, by shape. */
export class Shelves {
  readonly #shelves = new Map<string, Shelf>()
  readonly #limits: PoolLimits

  constructor(limits: PoolLimits) {
    this.#limits = limits
  }

  [Symbol.iterator](): Iterator<Shelf> {
    return [...this.#shelves.values()][Symbol.iterator]()
  }

  add(shape: Shape, min: number): Shelf {
    const { max } = this.#limits
    const shelf = new Shelf(shape, Math.min(min, max), max)
    this.#shelves.set(keyOf(shape), shelf)
    return shelf
  }

  /**
   * A new one for a shape that is new; undefined when there are too many, or there will never be
   * memory for its VMs.
   */
  of(shape: Shape): Shelf | undefined {
    const known = this.#shelves.get(keyOf(shape))
    if (known !== undefined || this.#shelves.size >= SHELVES_MAX) return known
    return shape.memMib > this.#limits.memMib ? undefined : this.add(shape, 0)
  }

  /** Where most VMs are missing, of those for which there is memory. */
  neediest(): Shelf | undefined {
    const freeMib = this.#freeMib()
    return [...this]
      .filter(({ missing, shape }) => missing > 0 && shape.memMib <= freeMib)
      .sort((one, other) => other.missing - one.missing)[0]
  }

  /** Whether one more may wait there. */
  hasRoom({ size, max, shape }: Shelf): boolean {
    return size < max && shape.memMib <= this.#freeMib()
  }

  /** The one with the VM that has waited longest; undefined: none waits. */
  stalest(): Shelf | undefined {
    const sinceMs = ({ ready: [first] }: Shelf) => first?.sinceMs ?? Number.POSITIVE_INFINITY
    return [...this]
      .filter(({ ready }) => ready.length > 0)
      .sort((one, other) => sinceMs(one) - sinceMs(other))[0]
  }

  /** Forgets shapes that nobody has wanted for long. */
  forgetEmpty(): void {
    for (const [key, shelf] of this.#shelves) if (shelf.isEmpty) this.#shelves.delete(key)
  }

  #freeMib(): number {
    const usedMib = [...this].reduce((sum, { size, shape }) => sum + size * shape.memMib, 0)
    return this.#limits.memMib - usedMib
  }
}
