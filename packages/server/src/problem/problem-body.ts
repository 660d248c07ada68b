import { PROBLEMS, type Problem } from '@vulcan/schema'
import type { HttpProblem } from '../http-problem.ts'

const PROBLEM_MEDIA_TYPE = 'application/problem+json; charset=utf-8'

/** The body that says why a request was refused. */
export function problemBody({ code, message, field }: HttpProblem, requestId: string): Problem {
  const { status, title } = PROBLEMS[code]
  return {
    type: `urn:vulcan:problem:${code}`,
    title,
    status,
    detail: message,
    code,
    requestId,
    ...(field === undefined ? {} : { field }),
    error: message,
  }
}

/** The headers that go with it, by lower-case name. */
export function problemHeaders({ headers, retryAfterS }: HttpProblem): Record<string, string> {
  return {
    'content-type': PROBLEM_MEDIA_TYPE,
    ...headers,
    ...(retryAfterS === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterS)) }),
  }
}
