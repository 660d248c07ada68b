import { keyOf, type Shape } from './shape.ts'
import { Shelf } from './shelf.ts'

/** Shapes that are kept in mind. */
const SHELVES_MAX = 64

/** The shelves of a pool, by shape. */
export class Shelves {
  readonly #shelves = new Map<string, Shelf>()
  readonly #memMib: number

  /** `memMib` is for the VMs of all shelves. */
  constructor(memMib: number) {
    this.#memMib = memMib
  }

  [Symbol.iterator](): Iterator<Shelf> {
    return [...this.#shelves.values()][Symbol.iterator]()
  }

  add(shape: Shape, min: number): Shelf {
    const shelf = new Shelf(shape, min)
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
    return shape.memMib > this.#memMib ? undefined : this.add(shape, 0)
  }

  /** Where most VMs are missing, of those for which there is memory. */
  neediest(): Shelf | undefined {
    const shelves = [...this]
    const usedMib = shelves.reduce((sum, { size, shape }) => sum + size * shape.memMib, 0)
    return shelves
      .filter(({ missing, shape }) => missing > 0 && usedMib + shape.memMib <= this.#memMib)
      .sort((one, other) => other.missing - one.missing)[0]
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
}
