import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

const PORT = 1024
const HEADER_BYTES = 4

/** A message of the guest protocol. */
export type Message = Readonly<Record<string, unknown>>

/** The connection by which the guest's agent says that it is ready. */
export async function agentReady(t: TestContext, udsPath: string): Promise<Socket> {
  const server = createServer()
  t.after(() => server.close())
  server.listen({ path: `${udsPath}_${PORT}`, writableAll: true })
  const [socket] = await once(server, 'connection')
  server.close()
  return socket
}

/** One operation of the agent: sends the request, and gives all messages that answer it. */
export async function operate(udsPath: string, request: Message): Promise<readonly Message[]> {
  using operation = await Operation.start(udsPath, request)
  return await operation.rest()
}

/** An operation in the course of which more than one message is sent. */
export class Operation implements Disposable {
  readonly #connection: Socket
  readonly #messages: AsyncGenerator<Message>

  private constructor(connection: Socket) {
    this.#connection = connection
    this.#messages = readMessages(connection)
  }

  static async start(udsPath: string, request: Message): Promise<Operation> {
    const connection = connect(udsPath)
    try {
      connection.write(`CONNECT ${PORT}\n`)
      const [acknowledgement] = await once(connection, 'data')
      assert.match(String(acknowledgement), /^OK \d+\n$/)
    } catch (error) {
      connection.destroy()
      throw error
    }
    const operation = new Operation(connection)
    operation.send(request)
    return operation
  }

  send(message: Message): void {
    const body = Buffer.from(JSON.stringify(message))
    const header = Buffer.alloc(HEADER_BYTES)
    header.writeUInt32BE(body.length)
    this.#connection.write(Buffer.concat([header, body]))
  }

  /** The next message. */
  async next(): Promise<Message> {
    const { value, done } = await this.#messages.next()
    return done ? assert.fail('the agent closed without a result') : value
  }

  /** Messages until the one that ends the operation. */
  async rest(): Promise<readonly Message[]> {
    const messages = [await this.next()]
    while (messages.at(-1)?.['type'] !== 'result') messages.push(await this.next())
    return messages
  }

  [Symbol.dispose](): void {
    this.#connection.destroy()
  }
}

/** What a Python program writes to stdout; fails the test unless it ends well. */
export async function python(udsPath: string, code: string): Promise<string> {
  const request = { type: 'run', runtime: 'python', code, timeout_s: 120 }
  const messages = await operate(udsPath, request)
  assert.partialDeepStrictEqual(
    messages.at(-1),
    { response: { exit_code: 0 } },
    text(messages, 'stderr'),
  )
  return text(messages, 'stdout')
}

/** What a program wrote on a stream. */
export function text(messages: readonly Message[], stream: 'stdout' | 'stderr'): string {
  const chunks = messages
    .filter((message) => message['stream'] === stream)
    .map((message) => Buffer.from(String(message['data']), 'base64'))
  return Buffer.concat(chunks).toString()
}

async function* readMessages(connection: Socket): AsyncGenerator<Message> {
  let bytes = Buffer.alloc(0)
  for await (const chunk of connection) {
    bytes = Buffer.concat([bytes, chunk])
    while (bytes.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + bytes.readUInt32BE()
      if (bytes.length < end) break
      const message: Message = JSON.parse(bytes.toString('utf8', HEADER_BYTES, end))
      bytes = bytes.subarray(end)
      yield message
    }
  }
}
