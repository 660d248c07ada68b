import { type Agent, type IncomingMessage, request } from 'node:http'
import { DeadlinePassed, startDeadline } from '../deadline.ts'
import { type ApiCall, ApiDeadlineError, ApiResponseError, ApiUnreachableError } from './errors.ts'

/** Far above what Firecracker answers (`vm/config` with all its devices takes a few KiB). */
const RESPONSE_BYTES_MAX = 1024 * 1024

export interface SendOptions {
  readonly agent: Agent
  /** Aborts with `ClientClosed`. */
  readonly closed: AbortSignal
  readonly signal: AbortSignal | undefined
  readonly deadlineMs: number
}

/** The reason of the signal of a client that was disposed. */
export class ClientClosed extends Error {
  constructor() {
    super('the client is closed')
    this.name = 'ClientClosed'
  }
}

export interface Answer {
  readonly status: number
  readonly text: string
}

/**
 * Sends one request with its length given (Firecracker takes no chunks) and reads the answer.
 * Throws `ApiUnreachableError`, `ApiDeadlineError`, `ApiResponseError` and the signal's reason.
 *
 * A connection ends with what is refused on it: Firecracker reads what comes after a request that it
 * could not read, such as the body of one that is too long, as more requests, and answers them.
 */
export async function sendRequest(
  call: ApiCall,
  body: string | undefined,
  options: SendOptions,
): Promise<Answer> {
  const { closed, signal = closed } = options
  using deadline = startDeadline(options.deadlineMs, AbortSignal.any([closed, signal]))
  try {
    deadline.signal.throwIfAborted()
    const response = await exchange(call, body, options.agent, deadline.signal)
    const answer = { status: response.statusCode ?? 0, text: await readText(call, response) }
    if (isRefusal(response)) response.socket.destroy()
    return answer
  } catch (error) {
    const { reason } = deadline.signal
    if (reason instanceof DeadlinePassed) throw new ApiDeadlineError(call, options.deadlineMs)
    if (reason instanceof ClientClosed) throw new ApiUnreachableError(call, reason)
    if (deadline.signal.aborted) throw reason
    if (error instanceof ApiResponseError) throw error
    throw new ApiUnreachableError(call, error)
  }
}

function exchange(
  { method, path, socketPath }: ApiCall,
  body: string | undefined,
  agent: Agent,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const headers = {
    Accept: 'application/json',
    ...(body !== undefined && {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
    }),
  }
  const outgoing = request({ agent, socketPath, method, path, headers, signal })
  outgoing.on('response', (response) => {
    // Before its end, at which the agent gives the connection to the next request.
    if (isRefusal(response)) outgoing.shouldKeepAlive = false
    resolve(response)
  })
  outgoing.on('error', reject)
  // A request that waits for the connection is told of nothing.
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  // Node hangs up on an answer that switches protocols, and tells of it by nothing else.
  outgoing.on('close', () => reject(new Error('it hung up')))
  outgoing.end(body)
  return promise
}

function isRefusal({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 300
}

async function readText(call: ApiCall, response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let lengthBytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    lengthBytes += chunk.length
    if (lengthBytes > RESPONSE_BYTES_MAX) {
      throw new ApiResponseError(call, `it is longer than ${RESPONSE_BYTES_MAX} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
