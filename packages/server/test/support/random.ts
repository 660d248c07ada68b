/** Numbers that are the same for the same seed (mulberry32). */
export class Random {
  readonly seed: number
  #state: number

  constructor(seed = Date.now() % 1_000_000) {
    this.seed = seed
    this.#state = seed
  }

  /** From 0 to `below - 1`. */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below)
  }

  one<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item
  }

  bytes(count: number): Buffer {
    return Buffer.from(Array.from({ length: count }, () => this.below(256)))
  }

  /** In pieces of 1 to `atMost` bytes. */
  cut(bytes: Buffer, atMost: number): Buffer[] {
    const pieces: Buffer[] = []
    for (let at = 0; at < bytes.byteLength; ) {
      const size = 1 + this.below(atMost)
      pieces.push(bytes.subarray(at, at + size))
      at += size
    }
    return pieces
  }
}
