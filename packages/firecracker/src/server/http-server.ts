import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { BODY_BYTES_MAX, type Parsed, RequestParser } from './request-parser.ts'
import type { VmmApi } from './vmm-api.ts'

const CONNECTIONS_MAX = 10
const LAST_ANSWER_MS_MAX = 1_000

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
  /** Resolves when what is being answered has been, or after a time that no answer should take. */
  readonly answersWritten: () => Promise<void>
  readonly closeConnections: () => void
} {
  const answering = new Set<Promise<void>>()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    if (sockets.size >= CONNECTIONS_MAX) {
      socket.end(TOO_MANY_CONNECTIONS, () => socket.destroy())
      return
    }
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    const respond = async (parsed: Parsed) => {
      const response = writeAnswer(socket, parsed, api)
      answering.add(response)
      await response.finally(() => answering.delete(response))
    }
    serve(socket, respond, bodyBytesMax).catch((error: Error) => socket.destroy(error))
  })
  return {
    server,
    async answersWritten() {
      const timer = new AbortController()
      const late = delay(LAST_ANSWER_MS_MAX, undefined, { signal: timer.signal })
      await Promise.race([Promise.allSettled(answering), late])
      timer.abort()
      await late.catch(() => undefined)
    },
    closeConnections() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Answers one request after the other until the client ends its side. */
async function serve(
  socket: Socket,
  respond: (parsed: Parsed) => Promise<void>,
  bodyBytesMax: number,
): Promise<void> {
  const parser = new RequestParser(bodyBytesMax)
  for await (const chunk of socket) {
    for (const parsed of parser.parse(chunk)) await respond(parsed)
  }
  socket.destroy()
}

/** Resolves when the answer has been handed to the operating system, or cannot be. */
async function writeAnswer(socket: Socket, parsed: Parsed, api: Answerer): Promise<void> {
  const answer = await answerTo(parsed, api)
  const { promise, resolve } = Promise.withResolvers<void>()
  socket.write(answer, () => resolve())
  await promise
  api.answered?.()
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
      const { status, body, isDeprecated = false } = await api.handle(parsed.request)
      const text = body === undefined ? undefined : JSON.stringify(body)
      return answer(status, text, isDeprecated ? ['Deprecation: true'] : [])
    }
  }
}

/** Firecracker has no reason phrases, and these headers in this order. */
function answer(status: number, body?: string, more: readonly string[] = []): string {
  const lines = [
    `HTTP/1.1 ${status} `,
    'Server: Firecracker API',
    'Connection: keep-alive',
    ...more,
    ...(body === undefined
      ? []
      : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`]),
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`
}
