import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Vulcan, type VulcanOptions } from '@vulcan/client'

/** One request as it came. */
export interface Seen {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

type Answer = (response: ServerResponse, seen: Seen) => unknown

/** A server that answers each request as the test says; the last answer is that of all that follow. */
export class ScriptedServer implements AsyncDisposable {
  readonly seen: Seen[] = []
  readonly #server: Server

  private constructor(answers: readonly Answer[]) {
    this.#server = createServer(async (request, response) => {
      const { method = '', url = '', headers } = request
      const seen = { method, path: url, headers, body: await text(request) }
      const answer = answers[Math.min(this.seen.length, answers.length - 1)]
      this.seen.push(seen)
      await answer?.(response, seen)
    })
  }

  static async open(...answers: Answer[]): Promise<ScriptedServer> {
    const server = new ScriptedServer(answers)
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Method and path of each request, in their order. */
  get calls(): string[] {
    return this.seen.map(({ method, path }) => `${method} ${path}`)
  }

  client(options: VulcanOptions = {}): Vulcan {
    return new Vulcan({ url: this.url, apiKey: 'a-key', ...options })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(body))
  }
}

/** The connection is lost before an answer. */
export const hangUp: Answer = (response) => {
  response.destroy()
}

export function problem(code: string, status: number, headers?: Record<string, string>): Answer {
  const words = `it is ${code}`
  const body = { type: `#${code}`, title: code, status, detail: words, error: words, code }
  return json({ ...body, requestId: 'r-1' }, status, headers)
}

/** Lines of a log; then the connection stays open, ends, or is cut in the middle of a line. */
export function lines(records: readonly unknown[], then: 'stay' | 'end' | 'cut' = 'end'): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    response.write(records.map((record) => `${JSON.stringify(record)}\n`).join(''))
    if (then === 'end') response.end()
    if (then === 'cut') response.write('{"type":"outp', () => response.destroy())
  }
}
