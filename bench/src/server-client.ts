import { Agent, type IncomingMessage, request } from 'node:http'
import { json } from 'node:stream/consumers'
import type { Target } from './server-target.ts'

const DEADLINE_MS = 60_000

/**
 * One caller with one connection to a server. Node's own `http`: what the client takes of a shared
 * machine is lost to the server.
 */
export class Caller implements Disposable {
  readonly #target: Target
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })

  constructor(target: Target) {
    this.#target = target
  }

  /** Resolves with the answer's body; throws for every answer that is no success. */
  async call(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
    const { url, key } = this.#target
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const sent = request(
      new URL(path, url),
      {
        method,
        agent: this.#agent,
        signal: AbortSignal.timeout(DEADLINE_MS),
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
    const answer = await json(response)
    const { statusCode = 0 } = response
    if (statusCode >= 300) {
      throw new Error(`${method} ${path} gave ${statusCode}: ${JSON.stringify(answer)}`)
    }
    return answer
  }

  /** Runs one workload to its end. */
  async run(): Promise<void> {
    const workload = await this.call('POST', '/v1/workloads', {
      runtime: 'python',
      code: 'print("hello")',
    })
    const isCompleted =
      typeof workload === 'object' &&
      workload &&
      'status' in workload &&
      workload.status === 'completed'
    if (!isCompleted) {
      throw new Error(`a workload of the benchmark did not complete: ${JSON.stringify(workload)}`)
    }
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}
