import { createServer, type Server, type Socket } from 'node:net'
import { BODY_BYTES_MAX, type Parsed, RequestParser } from './request-parser.ts'
import type { VmmApi } from './vmm-api.ts'

const CONNECTIONS_MAX = 10

/** Sent as Firecracker sends it, without a reason phrase. */
const TOO_MANY_CONNECTIONS = [
  'HTTP/1.1 503',
  'Server: Firecracker API',
  'Connection: close',
  'Content-Length: 40',
  '',
  '{ "error": "Too many open connections" }',
].join('\r\n')

/** What requests are answered with. */
export interface Answerer extends Pick<VmmApi, 'handle'> {
  /** Called when an answer has been handed to the operating system. */
  answered?(): void
}

/**
 * The server, not yet listening, and how to end what is connected to it.
 *
 * Node's own HTTP server reads and answers another HTTP than Firecracker's: it has other limits and
 * words, ends connections that Firecracker keeps, and says more than it.
 */
export function createApiServer(
  api: Answerer,
  bodyBytesMax: number = BODY_BYTES_MAX,
): {
  readonly server: Server
  readonly closeConnections: () => void
} {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    if (sockets.size >= CONNECTIONS_MAX) {
      socket.end(TOO_MANY_CONNECTIONS, () => socket.destroy())
      return
    }
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    serve(socket, api, bodyBytesMax).catch((error: Error) => socket.destroy(error))
  })
  return {
    server,
    closeConnections() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Answers one request after the other until the client ends its side. */
async function serve(socket: Socket, api: Answerer, bodyBytesMax: number): Promise<void> {
  const parser = new RequestParser(bodyBytesMax)
  for await (const chunk of socket) {
    for (const parsed of parser.parse(chunk)) {
      const answer = await answerTo(parsed, api)
      socket.write(answer, () => api.answered?.())
    }
  }
  socket.destroy()
}

async function answerTo(parsed: Parsed, api: Answerer): Promise<string> {
  switch (parsed.kind) {
    case 'continue':
      return answer(100)
    case 'unreadable':
      // Not quite JSON, as it has a line end in a string.
      return answer(
        400,
        `{ "error": "${parsed.reason}\nAll previous unanswered requests will be dropped." }`,
      )
    case 'request': {
      const { status, body } = await api.handle(parsed.request)
      return answer(status, body === undefined ? undefined : JSON.stringify(body))
    }
  }
}

/** Firecracker has no reason phrases, and these headers in this order. */
function answer(status: number, body?: string): string {
  const lines = [
    `HTTP/1.1 ${status} `,
    'Server: Firecracker API',
    'Connection: keep-alive',
    ...(body === undefined
      ? []
      : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`]),
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`
}
