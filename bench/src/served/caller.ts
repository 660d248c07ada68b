import { Agent, type IncomingMessage, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { Target } from './target.ts'

const DEADLINE_MS = 60_000

export interface CallOptions {
  readonly body?: object
  readonly signal?: AbortSignal
  /** Default: a minute. */
  readonly deadlineMs?: number
}

/**
 * One caller with one connection to a server. Node's own `http`: what the client takes of a shared
 * machine is lost to the server.
 */
export class Caller implements Disposable {
  readonly #target: Pick<Target, 'url' | 'key'>
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })

  constructor(target: Pick<Target, 'url' | 'key'>) {
    this.#target = target
  }

  /** Resolves with the JSON of the answer's body; throws for every answer that is no success. */
  async call(method: 'GET' | 'POST', path: string, options: CallOptions = {}): Promise<unknown> {
    const body = await this.#bytes(method, path, options)
    return JSON.parse(body.toString())
  }

  /** The same for a body that is no JSON. */
  async text(path: string, options: CallOptions = {}): Promise<string> {
    return (await this.#bytes('GET', path, options)).toString()
  }

  async #bytes(method: string, path: string, options: CallOptions): Promise<Buffer> {
    const { key } = this.#target
    const { body, signal, deadlineMs = DEADLINE_MS } = options
    const deadline = AbortSignal.timeout(deadlineMs)
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const sent = request(
      this.#address(path),
      {
        method,
        agent: this.#agent,
        signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
        headers: {
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
      },
      resolve,
    )
    sent.on('error', reject)
    sent.end(body && JSON.stringify(body))
    const response = await promise
    const answer = await buffer(response)
    const { statusCode = 0 } = response
    if (statusCode >= 300) throw new Error(`${method} ${path} gave ${statusCode}: ${answer}`)
    return answer
  }

  /** The API may be below a path of its own. */
  #address(path: string): URL {
    return new URL(this.#target.url.replace(/\/+$/, '') + path)
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}
