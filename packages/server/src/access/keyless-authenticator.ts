import { isIP } from 'node:net'
import { Scope } from '@vulcan/schema'
import type { Authenticator, RequestFacts } from '../authenticator.ts'
import { HttpProblem } from '../http-problem.ts'
import { type Authority, isLoopback, parseAuthority, parseHttpOrigin } from './authority.ts'
import type { Caller } from './caller.ts'

export interface KeylessAuthenticatorOptions {
  /** Where the server listens, without the port. */
  readonly listenAddress: string
}

/** Of a header that is refused. */
const SHOWN_CHARACTERS = 100
const SITES_OF_OURS: ReadonlySet<string> = new Set(['none', 'same-origin', 'same-site'])
const ANYBODY: Caller = { owner: '', scopes: new Set(Scope.options), quota: {} }

/**
 * Without keys whoever reaches the port may do everything. That is to be the programs of this machine,
 * and no web page in a browser on it: which may send a form, some media types and any GET without being
 * asked (Fetch, CORS-safelisted), and which under a name that it makes point to this machine is of the
 * same origin (DNS rebinding).
 */
export class KeylessAuthenticator implements Authenticator {
  readonly #isLoopbackOnly: boolean

  constructor({ listenAddress }: KeylessAuthenticatorOptions) {
    this.#isLoopbackOnly = isLoopback(listenAddress)
  }

  admit(request: RequestFacts): void {
    const authority = this.#requireHost(request)
    requireOrigin(request, authority)
    requireJson(request)
  }

  identify(): Caller {
    return ANYBODY
  }

  admitSubmission(): void {
    // There is no quota without a key.
  }

  /** Where the request went; with more than one Host that is nowhere. */
  #requireHost({ url, rawHeaders }: RequestFacts): Authority {
    const hosts = valuesOf('host', rawHeaders).map(parseAuthority)
    const target = authorityOfTarget(url)
    const [host] = hosts
    const authority = target === undefined ? host : parseAuthority(target)
    const isOnlyOne = hosts.length === 1 && host !== undefined && this.#isOurs(host)
    if (isOnlyOne && authority !== undefined && this.#isOurs(authority)) return authority
    const takes = this.#isLoopbackOnly ? 'localhost or 127.0.0.1' : 'an IP address'
    throw new HttpProblem(
      'host_refused',
      `Host: a server without API keys answers only to ${takes}: use that in the URL, or make a key with "vulcan keys create"`,
    )
  }

  /** An address cannot be rebound; where the server is reached from elsewhere, any will do. */
  #isOurs({ host }: Authority): boolean {
    return isLoopback(host) || (!this.#isLoopbackOnly && isIP(host) !== 0)
  }
}

function requireOrigin({ headers }: RequestFacts, authority: Authority): void {
  const { origin, 'sec-fetch-site': site = 'none' } = headers
  if (origin !== undefined) {
    const own = parseHttpOrigin(origin)
    if (own?.host !== authority.host || own.port !== authority.port) throw foreign('Origin', origin)
  }
  // What a browser says of requests without an origin, too: an image's, a link's (Fetch Metadata).
  if (!SITES_OF_OURS.has(String(site))) throw foreign('Sec-Fetch-Site', String(site))
}

function valuesOf(name: string, rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name)
}

/** Of a target that is no path, which wins over `Host` (RFC 9112, 3.2.2). Empty: there is none in it. */
function authorityOfTarget(url: string): string | undefined {
  if (url.startsWith('/') || url === '*') return undefined
  return /^http:\/\/([^/?#]*)/i.exec(url)?.[1] ?? ''
}

function foreign(field: string, value: string): HttpProblem {
  const shown = JSON.stringify(value.slice(0, SHOWN_CHARACTERS))
  const detail = `${field}: is ${shown}, and a server without API keys does nothing for pages of others: make a key with "vulcan keys create"`
  return new HttpProblem('origin_refused', detail)
}

function requireJson({ headers }: RequestFacts): void {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = headers
  if (encoding === undefined && /^0+$/.test(length)) return
  const [essence = ''] = (headers['content-type'] ?? '').split(';', 1)
  if (essence.trim().toLowerCase() === 'application/json') return
  throw new HttpProblem(
    'unsupported_media_type',
    'Content-Type: must be application/json, so that no form of a web page can post here',
  )
}
