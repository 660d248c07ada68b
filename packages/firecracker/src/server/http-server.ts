import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSocketServer, type Server, type Socket } from 'node:net'
import type { VmmApi, VmmApiResponse } from './vmm-api.ts'

/** The limits of Firecracker's HTTP server (micro_http). */
const CONNECTIONS_MAX = 10
const HEADER_LINE_BYTES_MAX = 1024
const BODY_BYTES_MAX = 51_200

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

/** The server, not yet listening, and how to end what is connected to it. */
export function createApiServer(api: Answerer): {
  readonly server: Server
  readonly closeConnections: () => void
} {
  const http = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) => {
    answer(api, request, response).catch((error: Error) => response.destroy(error))
  })
  http.on('clientError', (error, socket) => {
    if (socket.writable) socket.end(malformedAnswer(error))
  })
  const sockets = new Set<Socket>()
  const server = createSocketServer((socket) => {
    socket.on('error', () => socket.destroy())
    if (sockets.size >= CONNECTIONS_MAX) {
      socket.end(TOO_MANY_CONNECTIONS, () => socket.destroy())
      return
    }
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    http.emit('connection', socket)
  })
  return {
    server,
    closeConnections() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

async function answer(
  api: Answerer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const reason = refuseTransport(request)
  if (reason !== undefined) {
    response.setHeader('Connection', 'close')
    send(response, { status: 400, body: transportError(reason) })
    return
  }
  const body = await readBody(request)
  response.on('finish', () => api.answered?.())
  send(response, await api.handle({ method: request.method ?? '', path: request.url ?? '', body }))
}

/** Why Firecracker's HTTP server would not even parse the request. */
function refuseTransport(request: IncomingMessage): string | undefined {
  const method = request.method ?? ''
  if (!['GET', 'PUT', 'PATCH', 'DELETE'].includes(method)) {
    return 'Invalid HTTP Method: Unsupported HTTP method.'
  }
  const longest = Math.max(...lineLengths(request))
  if (longest > HEADER_LINE_BYTES_MAX) {
    return `Invalid request. A header line has ${longest} bytes, the limit is ${HEADER_LINE_BYTES_MAX}.`
  }
  // Firecracker knows the body's length from Content-Length only.
  if (request.headers['transfer-encoding'] !== undefined) {
    return 'Invalid request. Transfer-Encoding is not supported, send Content-Length.'
  }
  const lengthBytes = Number(request.headers['content-length'] ?? 0)
  if (lengthBytes > BODY_BYTES_MAX) {
    return `Request payload with size ${lengthBytes} is larger than the limit of ${BODY_BYTES_MAX} allowed by server.`
  }
  return undefined
}

function* lineLengths(request: IncomingMessage): Generator<number> {
  yield `${request.method} ${request.url} HTTP/1.1\r\n`.length
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    yield `${request.rawHeaders[index]}: ${request.rawHeaders[index + 1]}\r\n`.length
  }
}

/** Bounded by the parser to the Content-Length that was checked before. */
async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

function send(response: ServerResponse, { status, body }: VmmApiResponse): void {
  response.sendDate = false
  response.setHeader('Server', 'Firecracker API')
  if (body === undefined) {
    response.writeHead(status).end()
    return
  }
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
  })
  response.end(text)
}

/** micro_http's own errors have another shape than the API's. */
function transportError(reason: string): { readonly error: string } {
  return { error: `${reason}\nAll previous unanswered requests will be dropped.` }
}

function malformedAnswer(error: Error): string {
  const body = JSON.stringify(transportError(`Invalid request. ${error.message}`))
  return [
    'HTTP/1.1 400 ',
    'Server: Firecracker API',
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n')
}
