import type { RequestFacts } from '@vulcan/server'

interface Described {
  readonly method?: string
  readonly url?: string
  /** As they are sent, in this order. */
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly remoteAddress?: string
}

/** What a server knows of a request with these headers; of those that stand twice the first one counts. */
export function requestFacts({ headers = [], ...rest }: Described): RequestFacts {
  const named = headers.map(([name, value]) => [name.toLowerCase(), value] as const)
  return {
    method: 'GET',
    url: '/v1/workloads',
    remoteAddress: '127.0.0.1',
    headers: Object.fromEntries(named.toReversed()),
    rawHeaders: headers.flat(),
    ...rest,
  }
}
