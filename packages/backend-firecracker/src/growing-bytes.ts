/**
 * Bytes that come in pieces, kept as one: a piece costs what it holds, however small it is. Never
 * reserves more than `limitBytes`, or twice what it holds.
 */
export class GrowingBytes {
  readonly #limitBytes: number
  #reserved = Buffer.alloc(0)
  #lengthBytes = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** False, and nothing is taken, when it would go over the limit. */
  append(piece: Uint8Array): boolean {
    const lengthBytes = this.#lengthBytes + piece.byteLength
    if (lengthBytes > this.#limitBytes) return false
    if (lengthBytes > this.#reserved.byteLength) this.#reserve(lengthBytes)
    this.#reserved.set(piece, this.#lengthBytes)
    this.#lengthBytes = lengthBytes
    return true
  }

  /** A view of what was taken so far. */
  get bytes(): Uint8Array {
    return this.#reserved.subarray(0, this.#lengthBytes)
  }

  #reserve(lengthBytes: number): void {
    const larger = Buffer.alloc(Math.min(this.#limitBytes, lengthBytes * 2))
    larger.set(this.bytes)
    this.#reserved = larger
  }
}
