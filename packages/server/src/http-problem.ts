import { type ProblemCode, VulcanError } from '@vulcan/schema'

export interface HttpProblemDetails extends ErrorOptions {
  /** The first field of the request that is wrong, as the caller wrote it: `resources.cpus`. */
  readonly field?: string | undefined
  /** When to try again: the header `Retry-After`, in whole seconds (RFC 9110, 10.2.3). */
  readonly retryAfterS?: number | undefined
  /** Of the answer, by lower-case name: `www-authenticate`, `allow`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/**
 * A request that is refused: `code` is its row in `PROBLEMS`, and `message` is what the caller reads,
 * so it says nothing of the inside and nothing of what others do.
 */
export class HttpProblem extends VulcanError<ProblemCode> {
  readonly field: string | undefined
  readonly retryAfterS: number | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(code: ProblemCode, detail: string, details: HttpProblemDetails = {}) {
    super(code, detail, details.cause === undefined ? undefined : { cause: details.cause })
    this.field = details.field
    this.retryAfterS = details.retryAfterS
    this.headers = details.headers ?? {}
  }
}
