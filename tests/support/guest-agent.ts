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
  const connection = connect(udsPath)
  try {
    connection.write(`CONNECT ${PORT}\n`)
    const [acknowledgement] = await once(connection, 'data')
    assert.match(String(acknowledgement), /^OK \d+\n$/)
    const body = Buffer.from(JSON.stringify(request))
    const header = Buffer.alloc(HEADER_BYTES)
    header.writeUInt32BE(body.length)
    connection.write(Buffer.concat([header, body]))
    return await readAnswer(connection)
  } finally {
    connection.destroy()
  }
}

/** What a Python program writes to stdout; fails the test unless it ends well. */
export async function python(udsPath: string, code: string): Promise<string> {
  const request = { type: 'run', runtime: 'python', code, timeout_s: 120 }
  const messages = await operate(udsPath, request)
  const text = (stream: string) =>
    Buffer.concat(
      messages
        .filter((message) => message['stream'] === stream)
        .map((message) => Buffer.from(String(message['data']), 'base64')),
    ).toString()
  assert.partialDeepStrictEqual(messages.at(-1), { response: { exit_code: 0 } }, text('stderr'))
  return text('stdout')
}

/** Messages until the one that ends an operation. */
async function readAnswer(connection: Socket): Promise<readonly Message[]> {
  const messages: Message[] = []
  let bytes = Buffer.alloc(0)
  for await (const chunk of connection) {
    bytes = Buffer.concat([bytes, chunk])
    while (bytes.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + bytes.readUInt32BE()
      if (bytes.length < end) break
      const message: Message = JSON.parse(bytes.toString('utf8', HEADER_BYTES, end))
      messages.push(message)
      if (message['type'] === 'result') return messages
      bytes = bytes.subarray(end)
    }
  }
  return assert.fail('the agent closed without a result')
}
