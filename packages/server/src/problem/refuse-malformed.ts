import { randomUUID } from 'node:crypto'
import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { PROBLEMS, type ProblemCode } from '@vulcan/schema'
import { HttpProblem } from '../http-problem.ts'
import { problemBody, problemHeaders } from './problem-body.ts'

/** What Node.js says of a connection whose bytes are no request; all else is no HTTP. */
const PROBLEM_OF: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'the headers are larger than 16 KiB'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['payload_too_large', 'the chunk extensions are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'the request did not arrive in time'],
}

/** What is being answered on which connection: nothing can be written between the parts of an answer. */
export class Answering {
  readonly #answers = new WeakMap<Socket, ServerResponse>()

  begin(socket: Socket, response: ServerResponse): void {
    this.#answers.set(socket, response)
  }

  end(socket: Socket): void {
    this.#answers.delete(socket)
  }

  hasBegun(socket: Socket): boolean {
    return this.#answers.get(socket)?.headersSent ?? false
  }
}

/** Answers what is no request, and ends its connection. */
export function refuseMalformed(
  error: Error & { readonly code?: string },
  socket: Socket,
  answering: Answering,
): void {
  if (!socket.writable || answering.hasBegun(socket)) {
    socket.destroy()
    return
  }
  const [code, detail] = PROBLEM_OF[error.code ?? ''] ?? [
    'invalid_request',
    'this is no HTTP request',
  ]
  // What the client still sends is not read: an answer must not wait for it.
  socket.end(rawAnswer(new HttpProblem(code, detail)), () => socket.destroy())
}

function rawAnswer(problem: HttpProblem): string {
  const { status } = PROBLEMS[problem.code]
  const requestId = randomUUID()
  const body = JSON.stringify(problemBody(problem, requestId))
  const headers = {
    ...problemHeaders(problem),
    'x-request-id': requestId,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`
}
