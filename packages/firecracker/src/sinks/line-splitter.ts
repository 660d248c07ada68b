const NEWLINE = 0x0a

/** A line without its newline; undefined where it was longer than the budget. */
type Line = Buffer | undefined

/** Cuts bytes into lines, and never holds more of one than its budget. */
export class LineSplitter {
  readonly #lineBytesMax: number
  #rest: Buffer[] = []
  #restBytes = 0
  #tooLong = false

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax
  }

  *push(chunk: Buffer): Generator<Line> {
    let start = 0
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start)
      if (end === -1) break
      this.#keep(chunk.subarray(start, end))
      yield this.#take()
      start = end + 1
    }
    this.#keep(chunk.subarray(start))
  }

  /** What came after the last newline, if anything. */
  *end(): Generator<Line> {
    if (this.#restBytes > 0 || this.#tooLong) yield this.#take()
  }

  #keep(part: Buffer): void {
    if (this.#restBytes + part.length > this.#lineBytesMax) {
      this.#rest = []
      this.#restBytes = 0
      this.#tooLong = true
    }
    if (this.#tooLong || part.length === 0) return
    this.#rest.push(part)
    this.#restBytes += part.length
  }

  #take(): Line {
    const line = this.#tooLong ? undefined : Buffer.concat(this.#rest)
    this.#rest = []
    this.#restBytes = 0
    this.#tooLong = false
    return line
  }
}
