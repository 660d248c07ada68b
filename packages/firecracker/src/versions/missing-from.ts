import type { Endpoint } from './endpoints.ts'
import { SINCE } from './since.ts'
import { isAtLeast } from './version.ts'

/** What a version does not have: a field of a call's body, or without `field` the call itself. */
export interface Missing {
  readonly endpoint: Endpoint
  readonly field?: string
  readonly neededVersion: string
}

/** Whether every version from 1.0.0 on takes this call with this body. */
export function isInEveryVersion(endpoint: Endpoint, body: unknown): boolean {
  return needs(endpoint, body).next().done === true
}

/** What `version` lacks of a call whose `body` is as on the wire; the first of several. */
export function missingFrom(
  version: string,
  endpoint: Endpoint,
  body: unknown,
): Missing | undefined {
  for (const need of needs(endpoint, body)) {
    if (!isAtLeast(version, need.neededVersion)) return need
  }
  return undefined
}

function* needs(endpoint: Endpoint, body: unknown): Generator<Missing> {
  const { endpoint: since, fields = {} } = SINCE[endpoint] ?? {}
  if (since !== undefined) yield { endpoint, neededVersion: since }
  if (typeof body !== 'object' || body === null) return
  for (const [field, neededVersion] of Object.entries(fields)) {
    if (field in body) yield { endpoint, field, neededVersion }
  }
}
