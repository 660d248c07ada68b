import { isIP } from 'node:net'

/** Where a server listens. */
export interface ListenAddress {
  /** An IP address. */
  readonly host: string
  /** 0: a free one. */
  readonly port: number
}

export const ListenAddress = {
  /** Reads `host:port`, `[host]:port` for IPv6, or `:port` for every address. Names other than `localhost` are not looked up. */
  parse(text: string): ListenAddress | undefined {
    const parts = /^(?:\[(?<six>[^\]]+)\]|(?<four>[^:]*)):(?<port>\d{1,5})$/.exec(text)?.groups
    if (parts === undefined) return undefined
    const { six, four = '' } = parts
    const port = Number(parts['port'])
    const named = four === 'localhost' ? '127.0.0.1' : four === '' ? '::' : four
    const isAddress = six === undefined ? four === '' || isIP(named) === 4 : isIP(six) === 6
    return isAddress && port <= 65_535 ? { host: six ?? named, port } : undefined
  },
} as const
