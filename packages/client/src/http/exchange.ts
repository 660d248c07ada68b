import { ConnectionError } from '../errors.ts'
import type { Settings } from '../options.ts'
import { readRefusal } from './refusal.ts'

/** One request of the API. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Below the server's address: `/v1/…`, its query included. */
  readonly path: string
  /** Default: JSON. */
  readonly accept?: string
  /** JSON text. */
  readonly body?: string
  readonly idempotencyKey?: string
  /** How long the server was asked to wait before it answers. */
  readonly waitMs?: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Makes one request and resolves with an answer of success whose body is still to be read. Throws
 * `ApiError`, `ConnectionError`, or the signal's reason.
 */
export async function exchange(settings: Settings, call: Call): Promise<Response> {
  call.signal?.throwIfAborted()
  const response = await answer(settings, call)
  if (response.ok) return response
  if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)) {
    throw redirected(response, settings)
  }
  throw await readRefusal(response, settings.timeoutMs, call.signal)
}

/** The deadline ends with the headers; who reads the body has limits of its own. */
async function answer(settings: Settings, call: Call): Promise<Response> {
  const { method, path, body, signal, waitMs = 0 } = call
  const deadlineMs = settings.timeoutMs + waitMs
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(), deadlineMs)
  const given = signal === undefined ? [] : [signal]
  try {
    return await settings.fetch(settings.baseUrl + path, {
      method,
      headers: headersOf(call, settings.apiKey),
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.any([deadline.signal, ...given]),
      redirect: 'manual',
      credentials: 'omit',
      cache: 'no-store',
    })
  } catch (cause) {
    signal?.throwIfAborted()
    if (deadline.signal.aborted) {
      throw new ConnectionError(
        'deadline',
        `${settings.baseUrl} did not answer in ${deadlineMs} ms`,
      )
    }
    const words = `${settings.baseUrl} cannot be reached: ${rootOf(cause)}`
    throw new ConnectionError('unreachable', words, { cause })
  } finally {
    clearTimeout(timer)
  }
}

function headersOf(call: Call, apiKey: string | undefined): Record<string, string> {
  const { accept = 'application/json', body, idempotencyKey } = call
  return {
    accept,
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
  }
}

/** Browsers do not tell where to. */
function redirected(response: Response, { baseUrl }: Settings): ConnectionError {
  response.body?.cancel().catch(() => undefined)
  const location = response.headers.get('location')
  const target = location === null ? 'another address' : location.slice(0, 200)
  return new ConnectionError(
    'redirected',
    `${baseUrl} sends its callers to ${target}, and a key goes nowhere else: set the url to that server`,
  )
}

/** `fetch failed` says nothing; what caused it does. */
function rootOf(error: unknown): string {
  let root = error
  while (root instanceof Error && root.cause instanceof Error) root = root.cause
  if (!(root instanceof Error)) return String(root)
  return root.message || ('code' in root ? String(root.code) : root.name)
}
