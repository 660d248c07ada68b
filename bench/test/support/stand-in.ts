import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type { TestContext } from 'node:test'

/** What a stand-in answers to one request. */
export type Answering = (request: {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  readonly body: Record<string, unknown>
}) => { readonly status?: number; readonly body: object | string }

/** A server on the loopback that answers as a test wants; resolves to its URL. */
export async function standIn(t: TestContext, answer: Answering): Promise<string> {
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url: path = '', headers } = request
    const body = method === 'POST' ? ((await json(request)) as Record<string, unknown>) : {}
    const { status = 200, body: given } = answer({
      method,
      path,
      authorization: headers.authorization,
      body,
    })
    response.writeHead(status).end(typeof given === 'string' ? given : JSON.stringify(given))
  }
  const server = createServer((request, response) => void handle(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  t.after(() => server.closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
