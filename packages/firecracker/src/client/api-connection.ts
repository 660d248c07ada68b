import * as z from 'zod'
import { ANSWERS, type Answers, REQUESTS, type Requests } from '../schemas/bodies.ts'
import { encodeValue } from '../schemas/encode-value.ts'
import { faultMessage } from '../schemas/instance.ts'
import { parseAnswer } from '../schemas/parse-answer.ts'
import { checkSocketPath } from '../socket-path.ts'
import type { Endpoint } from '../versions/endpoints.ts'
import { isInEveryVersion, missingFrom } from '../versions/missing-from.ts'
import { parseVersion } from '../versions/version.ts'
import { ApiAgent } from './api-agent.ts'
import {
  type ApiCall,
  ApiFaultError,
  ApiResponseError,
  UnsupportedByVersionError,
} from './errors.ts'
import { type Answer, ClientClosed, sendRequest } from './send-request.ts'

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** For the whole call; default 5 s, and 5 min where a snapshot is made. */
  readonly deadlineMs?: number | undefined
}

const DEADLINE_MS = 5_000

/**
 * One VMM's API socket, with what every call goes through: one kept connection, the version's gate,
 * schemas in both directions. Disposing ends every call, and no later one is sent: the path may lead
 * elsewhere by then.
 */
export class ApiConnection implements Disposable {
  #socketPath: string
  readonly #agent = new ApiAgent()
  readonly #closing = new AbortController()
  #version: string | undefined

  constructor(socketPath: string, version: string | undefined) {
    checkSocketPath(socketPath)
    this.#socketPath = socketPath
    this.#version = version
  }

  connectBy(socketPath: string): void {
    checkSocketPath(socketPath)
    this.#socketPath = socketPath
  }

  /** The VMM's version; calls that depend on it ask once. */
  async version(options?: CallOptions): Promise<string> {
    this.#version = (await this.get('GET /version', options)).firecrackerVersion
    return this.#version
  }

  async get<Call extends keyof Answers>(
    endpoint: Call,
    options: CallOptions | undefined,
  ): Promise<Answers[Call]> {
    const { call, text } = await this.#exchange(endpoint, '', undefined, options)
    const schema: z.ZodType<Answers[Call]> = ANSWERS[endpoint] as never
    const result = parseAnswer(schema, parseJson(call, text))
    if (!result.success) {
      throw new ApiResponseError(call, z.prettifyError(result.error), { cause: result.error })
    }
    if (endpoint === 'GET /version') checkVersion(call, JSON.parse(text).firecracker_version)
    return result.data
  }

  async send<Call extends keyof Requests>(
    endpoint: Call,
    value: Requests[Call],
    options: CallOptions | undefined,
    id = '',
  ): Promise<void> {
    const schema: z.ZodType<Requests[Call]> = REQUESTS[endpoint] as never
    await this.#exchange(endpoint, id, encodeValue(endpoint, schema, value), options)
  }

  /** A call that only asks for something to be done. */
  async call(endpoint: Endpoint, options: CallOptions | undefined, id = ''): Promise<void> {
    await this.#exchange(endpoint, id, undefined, options)
  }

  [Symbol.dispose](): void {
    this.#closing.abort(new ClientClosed())
    this.#agent.destroy()
  }

  async #exchange(
    endpoint: Endpoint,
    id: string,
    body: unknown,
    { signal, deadlineMs = DEADLINE_MS }: CallOptions = {},
  ): Promise<{ call: ApiCall; text: string }> {
    const [method = '', pattern = ''] = endpoint.split(' ')
    const path = pattern.replace('{id}', encodeURIComponent(id))
    const call = { method, path, socketPath: this.#socketPath }
    const askedForMs = await this.#checkVersion(endpoint, body, { signal, deadlineMs })
    const text = body === undefined ? undefined : JSON.stringify(body)
    const answer = await sendRequest(call, text, {
      agent: this.#agent,
      closed: this.#closing.signal,
      signal,
      deadlineMs: Math.max(1, deadlineMs - askedForMs),
    })
    return { call, text: acceptedText(call, answer) }
  }

  /** How long it took to ask for the version; most calls need not. */
  async #checkVersion(endpoint: Endpoint, body: unknown, options: CallOptions): Promise<number> {
    if (isInEveryVersion(endpoint, body)) return 0
    const startMs = performance.now()
    const version = this.#version ?? (await this.version(options))
    const missing = missingFrom(version, endpoint, body)
    if (missing !== undefined) throw new UnsupportedByVersionError(missing, version)
    return performance.now() - startMs
  }
}

function acceptedText(call: ApiCall, { status, text }: Answer): string {
  if (status >= 200 && status < 300) return text
  throw new ApiFaultError(call, status, faultText(text))
}

function parseJson(call: ApiCall, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ApiResponseError(call, 'it is not JSON', { cause })
  }
}

function checkVersion(call: ApiCall, version: string): void {
  if (parseVersion(version) !== undefined) return
  throw new ApiResponseError(call, `${JSON.stringify(version)} is no version`)
}

/** Errors of Firecracker's HTTP layer have no `fault_message` and are not even valid JSON. */
function faultText(text: string): string {
  try {
    return faultMessage.parse(JSON.parse(text)).faultMessage
  } catch {
    return text
  }
}
