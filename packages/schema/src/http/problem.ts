import * as z from 'zod'

/** What an HTTP request can be refused with. */
interface ProblemKind {
  readonly status: number
  /** The same for every occurrence (RFC 9457, 3.1.3). */
  readonly title: string
}

/**
 * Every code that the HTTP API refuses a request with. Those that are also rows of the table of
 * outcomes mean the same there. What ends an accepted workload is no problem of HTTP.
 */
export const PROBLEMS = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  invalid_cursor: { status: 400, title: 'The cursor is of no list' },
  unsupported_runtime: { status: 400, title: 'No backend here has this runtime' },
  unsupported_isolation: { status: 400, title: 'No backend here has this isolation' },
  unauthorized: { status: 401, title: 'A valid API key is needed' },
  forbidden: { status: 403, title: 'The API key does not permit this' },
  host_refused: { status: 403, title: 'The Host header does not name this machine' },
  origin_refused: { status: 403, title: 'Pages of this origin may not call this API' },
  route_unknown: { status: 404, title: 'There is no such resource' },
  workload_unknown: { status: 404, title: 'There is no such workload' },
  method_not_allowed: { status: 405, title: 'The resource does not have this method' },
  not_acceptable: { status: 406, title: 'No offered media type is acceptable' },
  request_timeout: { status: 408, title: 'The request did not arrive in time' },
  workload_ended: { status: 409, title: 'The workload has ended already' },
  idempotency_in_use: {
    status: 409,
    title: 'A request with this Idempotency-Key is being answered',
  },
  payload_too_large: { status: 413, title: 'The request is too large' },
  unsupported_media_type: { status: 415, title: 'The body must be application/json' },
  idempotency_mismatch: { status: 422, title: 'This Idempotency-Key was used for another request' },
  quota_exceeded: { status: 429, title: 'The quota of this API key is used up' },
  too_many_failures: {
    status: 429,
    title: 'Too many requests with invalid API keys came from this address',
  },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  internal: { status: 500, title: 'The server failed' },
  no_capacity: { status: 503, title: 'This host has no capacity' },
  shutdown: { status: 503, title: 'This host is shutting down' },
} as const satisfies Record<string, ProblemKind>

export const ProblemCode = z.enum(Object.keys(PROBLEMS) as (keyof typeof PROBLEMS)[])
export type ProblemCode = z.infer<typeof ProblemCode>

/** The body of every refusal: `application/problem+json` (RFC 9457), and `error` for older clients. */
export const Problem = z
  .object({
    type: z.string().describe('A URI reference that names the code.'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('What happened, to what, and what to do.'),
    code: ProblemCode,
    requestId: z.string().describe('Stands in the log of the server, too.'),
    field: z.string().optional().describe('The first field of the request that is wrong.'),
    error: z.string().describe('The same as detail.'),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof Problem>
