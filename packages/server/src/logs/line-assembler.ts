import type { RecordedEvent } from '@vulcan/engine'
import type { OutputStream } from '@vulcan/schema'

/** One line of a workload's output, of whichever stream. */
export interface Line {
  /** Counts from 0 in each workload, all streams together. */
  readonly seq: number
  readonly stream: OutputStream
  /** Without its end. Bytes that are no UTF-8 are U+FFFD. */
  readonly text: string
  /** Wall clock, when its end was recorded. */
  readonly atMs: number
}

/** A longer line is cut: it is held in memory until it ends. */
const LINE_BYTES_MAX = 64 * 1024

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const EMPTY = Buffer.alloc(0)

/** The beginning of a line that has not ended. */
interface Tail {
  bytes: Buffer
  /** A line feed that follows on a carriage return belongs to it. */
  afterReturn: boolean
}

/**
 * Makes lines of output. They end with LF, CR LF, or CR, which is how server-sent events end theirs
 * and how a progress bar draws itself anew. Which line has which `seq` depends on the bytes and their
 * order alone, not on how they are cut into events.
 */
export class LineAssembler {
  readonly #tails: Record<OutputStream, Tail> = { stdout: newTail(), stderr: newTail() }
  #nextSeq = 0
  #atMs = 0

  /** The lines that end in this event. */
  push(event: RecordedEvent): Line[] {
    if (event.type !== 'output') return []
    this.#atMs = event.atMs
    const { stream } = event
    const tail = this.#tails[stream]
    const lines: Line[] = []
    const bytes = Buffer.from(event.bytes.buffer, event.bytes.byteOffset, event.bytes.byteLength)
    for (let at = 0; at < bytes.byteLength; ) {
      if (tail.afterReturn && bytes[at] === LINE_FEED) at += 1
      tail.afterReturn = false
      const end = endOfLine(bytes, at)
      const piece = bytes.subarray(at, end)
      const hasEnded = end < bytes.byteLength
      // A line within one event needs no copy. The beginning of one does: it is held for longer.
      const isWhole = hasEnded && tail.bytes.byteLength === 0
      tail.bytes = isWhole ? piece : Buffer.concat([tail.bytes, piece])
      if (tail.bytes.byteLength > LINE_BYTES_MAX) lines.push(...this.#cutLong(stream))
      if (!hasEnded) break
      tail.afterReturn = bytes[end] === CARRIAGE_RETURN
      lines.push(this.#line(stream, tail.bytes))
      tail.bytes = EMPTY
      at = end + 1
    }
    return lines
  }

  /** What the program wrote last, without an end of line: once it can write no more. */
  finish(): Line[] {
    return (['stdout', 'stderr'] as const).flatMap((stream) => {
      const { bytes } = this.#tails[stream]
      return bytes.byteLength === 0 ? [] : [this.#line(stream, bytes)]
    })
  }

  *#cutLong(stream: OutputStream): Iterable<Line> {
    const tail = this.#tails[stream]
    while (tail.bytes.byteLength > LINE_BYTES_MAX) {
      const end = characterStart(tail.bytes, LINE_BYTES_MAX)
      yield this.#line(stream, tail.bytes.subarray(0, end))
      tail.bytes = tail.bytes.subarray(end)
    }
  }

  #line(stream: OutputStream, bytes: Buffer): Line {
    const line = { seq: this.#nextSeq, stream, text: bytes.toString('utf8'), atMs: this.#atMs }
    this.#nextSeq += 1
    return line
  }
}

function newTail(): Tail {
  return { bytes: EMPTY, afterReturn: false }
}

/** The length without one. One pass: a hostile program's output is as good as another's. */
function endOfLine(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.byteLength; at += 1) {
    if (bytes[at] === LINE_FEED || bytes[at] === CARRIAGE_RETURN) return at
  }
  return bytes.byteLength
}

/** The last place up to `at` where no character is cut in two (UTF-8: RFC 3629, 3). */
function characterStart(bytes: Buffer, at: number): number {
  const isInside = (place: number) => ((bytes[place] ?? 0) & 0b1100_0000) === 0b1000_0000
  for (let place = at; place > at - 4; place -= 1) {
    if (!isInside(place)) return place
  }
  return at
}
