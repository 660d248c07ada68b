import { EventQueue } from './event-queue.ts'
import { LineSplitter } from './line-splitter.ts'
import { openSink } from './open-sink.ts'

export interface ReadSinkOptions {
  /** As the VMM was configured with, seen from here. Only its last part is kept from being a link. */
  readonly path: string
  /** Who it must belong to: the user of the VMM, or whoever made the FIFO. Default: this process's. */
  readonly uid?: number | undefined
  /** Ends the iteration, which then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** A longer line is not kept. */
  readonly lineBytesMax?: number | undefined
  /** How many events wait for a slow reader; the oldest are dropped. */
  readonly keptMax?: number | undefined
}

/** What is between the events. */
export type SinkNotice =
  /** So many events were dropped here, because nobody took them. */
  | { readonly kind: 'dropped'; readonly count: number }
  /** A line that is longer than its budget, or not what Firecracker writes: how it begins. */
  | { readonly kind: 'unusable'; readonly reason: 'too_long' | 'malformed'; readonly text: string }

/** Events as they come, for one reader. Disposing ends it; so does leaving its loop. */
export interface Sink<Event> extends AsyncIterable<Event | SinkNotice>, AsyncDisposable {}

const KEPT_MAX = 1_000
const UNUSABLE_CHARACTERS = 200

/**
 * Reads lines that a VMM writes, of which nothing is trusted: `parse` gets a line of at most
 * `lineBytesMax` bytes and returns undefined for one that it does not understand.
 */
export function readSink<Event extends object>(
  options: ReadSinkOptions & { readonly lineBytesMax: number },
  parse: (line: string) => Event | undefined,
): Sink<Event> {
  const { path, uid = process.getuid?.() ?? 0, signal, lineBytesMax, keptMax = KEPT_MAX } = options
  signal?.throwIfAborted()
  const stream = openSink(path, uid)
  const lines = new LineSplitter(lineBytesMax)
  const queue = new EventQueue<Event | SinkNotice>(keptMax)
  const take = (line: Buffer | undefined) => queue.push(understand(line, parse))
  const abort = () => stream.destroy(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  stream.on('data', (chunk: Buffer) => lines.push(chunk).forEach(take))
  stream.on('end', () => lines.end().forEach(take))
  stream.on('error', (error) => queue.end(error))
  stream.on('close', () => {
    signal?.removeEventListener('abort', abort)
    queue.end()
  })
  return {
    async *[Symbol.asyncIterator]() {
      try {
        for await (const taken of queue.take()) {
          yield 'dropped' in taken ? { kind: 'dropped', count: taken.dropped } : taken
        }
      } finally {
        stream.destroy()
      }
    },
    async [Symbol.asyncDispose]() {
      stream.destroy()
    },
  }
}

function understand<Event>(
  line: Buffer | undefined,
  parse: (line: string) => Event | undefined,
): Event | SinkNotice {
  if (line === undefined) return { kind: 'unusable', reason: 'too_long', text: '' }
  const text = line.toString('utf8')
  const event = parse(text)
  if (event !== undefined) return event
  return { kind: 'unusable', reason: 'malformed', text: printable(text, UNUSABLE_CHARACTERS) }
}

/** Without what could move a terminal's cursor. */
export function printable(text: string, charactersMax = Number.POSITIVE_INFINITY): string {
  return text.slice(0, charactersMax).replace(/\p{Cc}/gu, '\u{fffd}')
}
