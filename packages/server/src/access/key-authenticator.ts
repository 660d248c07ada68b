import type { Authenticator, RequestFacts, SubmissionNeeds } from '../authenticator.ts'
import { HttpProblem } from '../http-problem.ts'
import { parseApiKey } from './api-key.ts'
import type { Caller } from './caller.ts'
import { FailedAttempts } from './failed-attempts.ts'
import type { KeyRecord } from './key-record.ts'
import type { KeyStore } from './key-store.ts'
import { KeyUses } from './key-uses.ts'
import { requireWithin } from './quota.ts'
import { TokenBuckets } from './token-buckets.ts'

/** More keys than any host keeps, so that none loses its count. */
const CALLERS_MAX = 100_000

export interface KeyAuthenticatorOptions {
  /** Belongs to the caller, who disposes it after the authenticator. */
  readonly keys: KeyStore
  /** Told what went wrong with the host: for a log. */
  readonly onProblem: (error: unknown) => void
  /** A clock that does not jump, for rates. */
  readonly nowMs?: () => number
}

/**
 * Callers show an API key: `Authorization: Bearer vk_…` (RFC 6750), never in the query, which logs and
 * histories keep. Keys are looked up at each request, so one that is revoked is refused from then on.
 */
export class KeyAuthenticator implements Authenticator, Disposable {
  readonly #keys: KeyStore
  readonly #uses: KeyUses
  readonly #failures: FailedAttempts
  readonly #submissions: TokenBuckets

  constructor({ keys, onProblem, nowMs }: KeyAuthenticatorOptions) {
    const clock = nowMs === undefined ? {} : { nowMs }
    this.#keys = keys
    this.#uses = new KeyUses(keys, onProblem)
    this.#failures = new FailedAttempts(clock)
    this.#submissions = new TokenBuckets({ namesMax: CALLERS_MAX, ...clock })
  }

  /** Everything: no browser adds a key by itself, so a page can do no more than whoever runs it. */
  admit(): void {
    // Nothing to refuse.
  }

  identify({ headers, remoteAddress }: RequestFacts): Caller {
    const credentials = bearerCredentials(headers.authorization)
    const key = parseApiKey(credentials)
    const record = key === undefined ? undefined : this.#keys.verify(key)
    const refusal = record === undefined ? 'this API key is not valid' : refusalOf(record)
    if (record === undefined || refusal !== undefined) {
      this.#failures.count(remoteAddress)
      throw unauthorized(`${refusal}`, 'invalid_token')
    }
    this.#uses.note(record.id)
    return { owner: record.id, scopes: new Set(record.scopes), quota: record.quota }
  }

  admitSubmission({ owner, quota }: Caller, needs: SubmissionNeeds): void {
    requireWithin(quota, needs)
    const { ratePerMinute } = quota
    if (ratePerMinute === undefined) return
    const waitMs = this.#submissions.take(owner, ratePerMinute)
    if (waitMs === 0) return
    const detail = `this API key permits ${ratePerMinute} workloads a minute: wait for Retry-After`
    throw new HttpProblem('quota_exceeded', detail, { retryAfterS: Math.ceil(waitMs / 1000) })
  }

  [Symbol.dispose](): void {
    this.#uses[Symbol.dispose]()
  }
}

/** Throws `HttpProblem` `unauthorized` without any. The name of the scheme has no case (RFC 9110, 11.1). */
function bearerCredentials(authorization: string | undefined): string {
  const [, credentials] = /^bearer +(\S*) *$/i.exec(authorization ?? '') ?? []
  if (credentials !== undefined) return credentials
  throw unauthorized('an API key is needed: send "Authorization: Bearer vk_…"')
}

/** Told to whoever knows the secret. */
function refusalOf({ revokedAtMs, expiresAtMs }: KeyRecord): string | undefined {
  if (revokedAtMs !== null) return 'this API key was revoked'
  if (expiresAtMs !== null && expiresAtMs <= Date.now()) return 'this API key has expired'
  return undefined
}

/** Without credentials there is no error to tell of (RFC 6750, 3.1). */
function unauthorized(detail: string, error?: 'invalid_token'): HttpProblem {
  const parameters = error === undefined ? '' : `, error="${error}", error_description="${detail}"`
  const headers = { 'www-authenticate': `Bearer realm="vulcan"${parameters}` }
  return new HttpProblem('unauthorized', detail, { headers })
}
