import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** Nothing here takes longer: a VMM that is silent differs from one that answers. */
export const ANSWER_DEADLINE_MS = 10_000

/** One answer, as it came. */
export interface RawAnswer {
  readonly status: number
  /** Status line and header lines, with their line ends. */
  readonly head: string
  readonly body: string
}

/** The connection ended, or nothing came in time, before the answer was there. */
export class NoAnswerError extends Error {
  readonly received: string

  constructor(what: string, received: string) {
    super(`${what}; until then came ${JSON.stringify(received)}`)
    this.received = received
  }
}

/** A connection to a VMM's API on which bytes go out as they are given. */
export class RawConnection implements Disposable {
  readonly #socket: Socket
  readonly #deadlineMs: number
  readonly #chunks: AsyncIterator<Buffer>
  #received = Buffer.alloc(0)

  private constructor(socket: Socket, deadlineMs: number) {
    this.#socket = socket
    this.#deadlineMs = deadlineMs
    this.#chunks = socket[Symbol.asyncIterator]()
  }

  /** `deadlineMs` is for each piece of an answer. */
  static async open(
    socketPath: string,
    deadlineMs: number = ANSWER_DEADLINE_MS,
  ): Promise<RawConnection> {
    const socket = connect({ path: socketPath, allowHalfOpen: true })
    try {
      await once(socket, 'connect', { signal: AbortSignal.timeout(ANSWER_DEADLINE_MS) })
    } catch (error) {
      throw new NoAnswerError(`no connection: ${String(error)}`, '')
    }
    // A reset shows as the end of what is read.
    socket.on('error', () => socket.destroy())
    return new RawConnection(socket, deadlineMs)
  }

  send(bytes: string | Uint8Array): void {
    this.#socket.write(bytes)
  }

  /** Ends this side only. */
  endSending(): void {
    this.#socket.end()
  }

  /** The next answer. Throws `NoAnswerError`. */
  async answer(): Promise<RawAnswer> {
    while (true) {
      const answer = this.#takeAnswer()
      if (answer !== undefined) return answer
      const received = this.#received.toString()
      if (!(await this.#more())) throw new NoAnswerError('the connection ended', received)
    }
  }

  /** All that comes until the other side ends. Throws `NoAnswerError` where it does not. */
  async untilEnd(): Promise<string> {
    while (await this.#more());
    return this.#received.toString()
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }

  async #more(): Promise<boolean> {
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      reject(new NoAnswerError('nothing came in time', this.#received.toString()))
    }, this.#deadlineMs)
    try {
      const { value, done } = await Promise.race([this.#chunks.next(), late])
      if (done === true) return false
      this.#received = Buffer.concat([this.#received, value])
      return true
    } catch (error) {
      if (error instanceof NoAnswerError) throw error
      return false
    } finally {
      clearTimeout(timer)
    }
  }

  #takeAnswer(): RawAnswer | undefined {
    const headEnd = this.#received.indexOf('\r\n\r\n') + 4
    if (headEnd < 4) return undefined
    const head = this.#received.toString('latin1', 0, headEnd)
    const end = headEnd + Number(/^content-length: *(\d+)\r$/im.exec(head)?.[1] ?? 0)
    if (this.#received.length < end) return undefined
    const body = this.#received.toString('utf8', headEnd, end)
    this.#received = this.#received.subarray(end)
    return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]), head, body }
  }
}

/** A request as Firecracker's own documentation sends it. `call` is `PUT /vsock`. */
export function request(call: string, body?: string): string {
  const lines = [`${call} HTTP/1.1`, 'Host: localhost', 'Accept: application/json']
  if (body !== undefined) {
    lines.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`)
  }
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`
}

/** One request on a connection of its own. */
export async function exchange(
  socketPath: string,
  bytes: string,
  deadlineMs: number = ANSWER_DEADLINE_MS,
): Promise<RawAnswer> {
  using connection = await RawConnection.open(socketPath, deadlineMs)
  connection.send(bytes)
  return await connection.answer()
}
