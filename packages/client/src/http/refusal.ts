import { Problem } from '@vulcan/schema'
import * as z from 'zod'
import { ApiError } from '../errors.ts'
import { readText } from './body.ts'

const REFUSAL_BYTES_MAX = 64 * 1024
const QUOTE_CHARACTERS = 200

/** What any server that speaks this API says, whatever its version. */
const AnyProblem = z.object({
  error: z.string().optional(),
  detail: z.string().optional(),
  requestId: z.string().optional(),
})

/** What the server said instead of what was asked for. */
export async function readRefusal(
  response: Response,
  silenceMs: number,
  signal: AbortSignal | undefined,
): Promise<ApiError> {
  const text = await readText(response, { silenceMs, bytesMax: REFUSAL_BYTES_MAX }, signal).catch(
    () => '',
  )
  signal?.throwIfAborted()
  const { status } = response
  const common = { status, retryAfterS: readRetryAfter(response.headers.get('retry-after')) }
  const json = parse(text)
  const problem = Problem.safeParse(json)
  if (problem.success) {
    const { code, detail, requestId, field } = problem.data
    return new ApiError(code, detail, { ...common, requestId, field })
  }
  const known = AnyProblem.safeParse(json).data
  const words = known?.detail ?? known?.error ?? quote(text)
  return new ApiError('unrecognized', `the server answered ${status}: ${words}`, {
    ...common,
    requestId: known?.requestId ?? response.headers.get('x-request-id') ?? '',
    field: undefined,
  })
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
function readRetryAfter(header: string | null): number | undefined {
  if (header === null) return undefined
  if (/^\d{1,9}$/.test(header)) return Number(header)
  const atMs = Date.parse(header)
  return Number.isNaN(atMs) ? undefined : Math.max(0, Math.ceil((atMs - Date.now()) / 1000))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function quote(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line === '' ? 'nothing' : line.slice(0, QUOTE_CHARACTERS)
}
