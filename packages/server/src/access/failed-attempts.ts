import { isIPv6 } from 'node:net'
import { HttpProblem } from '../http-problem.ts'
import { TokenBuckets } from './token-buckets.ts'

const FAILURES_PER_MINUTE = 30
const ADDRESSES_MAX = 10_000

/**
 * Bounds what invalid keys of one address cost: guessing is hopeless, but each guess takes time and a
 * line in the log. Valid keys of the same address are served all the same, so that a broken client does
 * not lock out its neighbours behind a proxy.
 */
export class FailedAttempts {
  readonly #failures: TokenBuckets

  constructor(clock: { readonly nowMs?: () => number }) {
    this.#failures = new TokenBuckets({ namesMax: ADDRESSES_MAX, ...clock })
  }

  /** Throws `HttpProblem` `too_many_failures` when there were too many of late. */
  count(remoteAddress: string): void {
    const waitMs = this.#failures.take(networkOf(remoteAddress), FAILURES_PER_MINUTE)
    if (waitMs === 0) return
    const detail = 'too many requests with invalid API keys came from this address'
    throw new HttpProblem('too_many_failures', detail, { retryAfterS: Math.ceil(waitMs / 1000) })
  }
}

/** One subscriber has at least 2^64 addresses of IPv6 (RFC 6177), and they count as one. */
function networkOf(address: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1]
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address
  const [head, tail] = address.split('::').map((groups) => groups.split(':').filter(Boolean))
  if (head === undefined || tail === undefined) return address.split(':').slice(0, 4).join(':')
  const zeroes = new Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0')
  return [...head, ...zeroes, ...tail].slice(0, 4).join(':')
}
