import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** What can stand in a log and a header as it is. */
const SAFE = /^[A-Za-z0-9._-]{1,64}$/

/** The id that a request came with, or else a new one. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && SAFE.test(given) ? given : randomUUID()
}
