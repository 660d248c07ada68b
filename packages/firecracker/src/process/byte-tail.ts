/** The last bytes of a stream of any length, in memory of a fixed size. */
export class ByteTail {
  readonly #ring: Buffer
  #writtenBytes = 0

  constructor(limitBytes: number) {
    this.#ring = Buffer.alloc(limitBytes)
  }

  append(chunk: Uint8Array): void {
    const kept = chunk.subarray(Math.max(0, chunk.length - this.#ring.length))
    const start = (this.#writtenBytes + chunk.length - kept.length) % this.#ring.length
    const untilEnd = this.#ring.length - start
    this.#ring.set(kept.subarray(0, untilEnd), start)
    this.#ring.set(kept.subarray(untilEnd), 0)
    this.#writtenBytes += chunk.length
  }

  /** As text; a character that was cut at the front becomes U+FFFD. */
  toString(): string {
    const { length } = this.#ring
    if (this.#writtenBytes <= length) return this.#ring.toString('utf8', 0, this.#writtenBytes)
    const start = this.#writtenBytes % length
    return Buffer.concat([this.#ring.subarray(start), this.#ring.subarray(0, start)]).toString()
  }
}
