import type { IncomingHttpHeaders } from 'node:http'
import type { NetworkMode } from '@vulcan/schema'
import type { Caller } from './access/caller.ts'

/** What is known of a request before its body is read. */
export interface RequestFacts {
  readonly method: string
  /** The request target as it came, query included. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** Names and values in turn, as they came: they show what stands there twice. */
  readonly rawHeaders: readonly string[]
  /** Of the peer of the connection; empty when it is gone already. */
  readonly remoteAddress: string
}

/** What one submitted workload will use, the host's defaults filled in. */
export interface SubmissionNeeds {
  readonly cpus: number
  readonly memMib: number
  readonly network: NetworkMode
}

/** Who may do what. The server asks in this order: `admit`, `identify`, `admitSubmission`. */
export interface Authenticator {
  /**
   * Asked for every request, those to routes without a key and to unknown ones too, before its body
   * is read. Throws `HttpProblem` `host_refused`, `origin_refused` or `unsupported_media_type`.
   */
  admit(request: RequestFacts): void
  /**
   * Asked where a route needs a caller; its scopes are compared by the server. Throws `HttpProblem`
   * `unauthorized` or `too_many_failures`.
   */
  identify(request: RequestFacts): Caller | Promise<Caller>
  /**
   * Asked once for each workload that is about to be accepted, and counts it; not for a request that
   * is repeated with its idempotency key. Throws `HttpProblem`
   * `quota_exceeded` (with `retryAfterS`), or `forbidden` with the field that is over the quota.
   */
  admitSubmission(caller: Caller, needs: SubmissionNeeds): void
}
