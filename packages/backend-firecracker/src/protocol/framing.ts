import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { ProtocolError } from './errors.ts'

/** The most bytes of JSON in one request, and in any message of the untyped run. */
export const MAX_REQUEST_BYTES = 16 * 1024 * 1024
/** The most bytes of JSON in one message of a typed operation towards the host. */
const MAX_EVENT_BYTES = 64 * 1024

const HEADER_BYTES = 4

/**
 * Writes one message: a 4-byte big-endian length and that many bytes of JSON. Resolves when the
 * stream takes more. Throws `ProtocolError` `message_too_large` before anything is written.
 */
export async function writeMessage(
  stream: Duplex,
  message: unknown,
  maxBytes: number = MAX_REQUEST_BYTES,
): Promise<void> {
  const body = Buffer.from(JSON.stringify(message))
  if (body.byteLength > maxBytes) {
    throw new ProtocolError(
      'message_too_large',
      `a message of ${body.byteLength} bytes is over the limit of ${maxBytes}: make code or input smaller`,
    )
  }
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32BE(body.byteLength)
  stream.write(header)
  if (!stream.write(body)) await once(stream, 'drain')
}

/**
 * Reads messages off a stream, one at a time. Nothing is read from the stream between two calls, so
 * the sender feels a slow reader. A length is checked before anything is kept for it, and memory
 * grows with the bytes received, never with the length announced.
 */
export class MessageReader {
  readonly #chunks: AsyncIterator<Buffer>
  readonly #maxBytes: number
  #rest: Buffer = Buffer.alloc(0)

  constructor(stream: Duplex, maxBytes: number = MAX_EVENT_BYTES) {
    this.#chunks = stream[Symbol.asyncIterator]()
    this.#maxBytes = maxBytes
  }

  /**
   * The next message, parsed but not yet checked against a schema; undefined when the stream ended
   * between two messages.
   *
   * Throws `ProtocolError`: `message_empty` for a length of zero, `message_too_large`,
   * `message_truncated` when the stream ends inside a message, `message_not_json`. An error of the
   * stream itself is thrown as it is.
   */
  async next(): Promise<unknown> {
    const header = await this.#take(HEADER_BYTES)
    if (header === undefined) return undefined
    const length = header.readUInt32BE()
    if (length === 0)
      throw new ProtocolError('message_empty', 'the peer sent a message of length 0')
    if (length > this.#maxBytes) {
      throw new ProtocolError(
        'message_too_large',
        `the peer announced a message of ${length} bytes, over the limit of ${this.#maxBytes}`,
      )
    }
    const body = await this.#take(length)
    if (body === undefined) throw truncated(0, length)
    return parseJson(body)
  }

  /** Exactly `length` bytes; undefined at the end of the stream when not one byte came. */
  async #take(length: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = []
    let received = 0
    while (received < length) {
      const chunk = await this.#nextChunk()
      if (chunk === undefined) {
        if (received === 0) return undefined
        throw truncated(received, length)
      }
      const wanted = chunk.subarray(0, length - received)
      parts.push(wanted)
      received += wanted.byteLength
      this.#rest = chunk.subarray(wanted.byteLength)
    }
    return parts.length === 1 ? parts[0] : Buffer.concat(parts, length)
  }

  async #nextChunk(): Promise<Buffer | undefined> {
    if (this.#rest.byteLength > 0) {
      const chunk = this.#rest
      this.#rest = Buffer.alloc(0)
      return chunk
    }
    const { done, value } = await this.#chunks.next()
    return done === true ? undefined : value
  }
}

/** The next message off a reader, for callers that must have one: the end of the stream is an error. */
export async function readMessage(reader: MessageReader): Promise<unknown> {
  const message = await reader.next()
  if (message === undefined) throw truncated(0, HEADER_BYTES)
  return message
}

function truncated(received: number, length: number): ProtocolError {
  return new ProtocolError(
    'message_truncated',
    `the connection ended after ${received} of ${length} bytes of a message`,
  )
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (cause) {
    throw new ProtocolError(
      'message_not_json',
      `a message of ${body.byteLength} bytes is not JSON`,
      {
        cause,
      },
    )
  }
}
