import { OptionError } from './errors.ts'

/** `fetch`, as far as a client needs it. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export interface VulcanOptions {
  /** Of the server, with the path that it is below, if any. Default: `VULCAN_API_URL`, else `http://127.0.0.1:8080`. */
  readonly url?: string | undefined
  /** Default: `VULCAN_API_KEY`; servers on a loopback address may need none. */
  readonly apiKey?: string | undefined
  /** Another one than the platform's. */
  readonly fetch?: Fetch | undefined
  /** How long the server may take for an answer that it need not wait for (default 30,000). */
  readonly timeoutMs?: number | undefined
  /** How long failures in a row are borne where it is safe to try again (default 15,000; 0: not at all). */
  readonly retryMs?: number | undefined
  /**
   * Sends the key over plain HTTP to another machine, where everybody on the way can read it.
   * Default: whether `VULCAN_API_INSECURE` is 1.
   */
  readonly allowInsecure?: boolean | undefined
}

/** What a client works with. */
export interface Settings {
  /** Without a slash at its end. */
  readonly baseUrl: string
  readonly apiKey: string | undefined
  readonly fetch: Fetch
  readonly timeoutMs: number
  readonly retryMs: number
}

const DEFAULT_URL = 'http://127.0.0.1:8080'
const DEFAULT_TIMEOUT_MS = 30_000
const DEFAULT_RETRY_MS = 15_000
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/
const KEY = /^[\x21-\x7e]{1,4096}$/

/** Fills in what is not given. Throws `OptionError`, which never has the key in it. */
export function readOptions(options: VulcanOptions): Settings {
  const url = parseUrl(options.url ?? environment('VULCAN_API_URL') ?? DEFAULT_URL)
  const apiKey = options.apiKey ?? environment('VULCAN_API_KEY')
  if (apiKey !== undefined) {
    if (!KEY.test(apiKey)) throw new OptionError('apiKey', 'is no key: it has characters of none')
    refusePlain(url, options.allowInsecure ?? environment('VULCAN_API_INSECURE') === '1')
  }
  return {
    baseUrl: url.href.replace(/\/+$/, ''),
    apiKey,
    // As a method of another object browsers refuse it.
    fetch: options.fetch ?? ((address, init) => globalThis.fetch(address, init)),
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    retryMs: options.retryMs ?? DEFAULT_RETRY_MS,
  }
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new OptionError('url', 'takes an address such as https://vulcan.example.org')
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new OptionError('url', 'takes neither a user, a query nor a fragment')
  }
  return url
}

function refusePlain(url: URL, isAllowed: boolean): void {
  if (url.protocol === 'https:' || LOOPBACK.test(url.hostname) || isAllowed) return
  throw new OptionError(
    'url',
    `is ${url.origin}, where a key could be read on the way: take https, or permit it (allowInsecure, VULCAN_API_INSECURE=1)`,
  )
}

/** A variable of the process, where there is one: browsers have none. Empty counts as not set. */
function environment(variable: string): string | undefined {
  const host: { process?: { env?: Record<string, string | undefined> } } = globalThis
  try {
    return host.process?.env?.[variable] || undefined
  } catch {
    // Deno throws where it was not permitted to look.
    return undefined
  }
}
