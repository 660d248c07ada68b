import { isIPv4, isIPv6 } from 'node:net'

/** Where a request went, as its `Host` or an `Origin` says it (RFC 9110, 7.2; RFC 6454). */
export interface Authority {
  /** In lower case; an IPv6 address without its brackets. */
  readonly host: string
  readonly port: number
}

const HTTP_PORT = 80
const PORT_MAX = 65_535

/** `host` or `host:port` of http, and nothing else; undefined for what has not that form. */
export function parseAuthority(text: string): Authority | undefined {
  const [, address, name, digits] =
    /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(text) ?? []
  const port = digits === undefined ? HTTP_PORT : Number(digits)
  const host = (address ?? name)?.toLowerCase()
  if (host === undefined || port > PORT_MAX) return undefined
  if (address !== undefined && !isIPv6(address)) return undefined
  return { host, port }
}

/** `http://host` or `http://host:port`; undefined for other schemes, for `null` and for what is none. */
export function parseHttpOrigin(text: string): Authority | undefined {
  const [, authority] = /^http:\/\/(.*)$/i.exec(text) ?? []
  return authority === undefined ? undefined : parseAuthority(authority)
}

/**
 * Whether this can only be this machine: `localhost` (RFC 6761, 6.3), `127.0.0.0/8` or `::1`. Names
 * below `localhost`, a final dot, and other spellings of these addresses are not needed by anybody.
 */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}
