import { isDeprecated } from '../versions/deprecated.ts'
import type { Endpoint } from '../versions/endpoints.ts'
import { missingFrom } from '../versions/missing-from.ts'
import { parseFields, parseJson, unknownField } from './decode-body.ts'
import { Fault } from './fault.ts'
import { findEndpoint } from './find-endpoint.ts'
import type { Run } from './route.ts'
import { ROUTES } from './routes.ts'

/** Metadata are whatever the guest is to read. */
const SHAPELESS: ReadonlySet<Endpoint> = new Set(['PUT /mmds', 'PATCH /mmds'])

/** A request that was understood. */
export interface Understood {
  readonly run: Run
  /** Whether its answer says that this should not be asked any more. */
  readonly isDeprecated: boolean
}

/**
 * Finds out what a request asks for, in the order of Firecracker's parser: presence of a body, path
 * and verb, the body's shape. What `vmmVersion` does not have is unknown. Throws `Fault`.
 */
export function parseRequest(
  { method, path, body }: { method: string; path: string; body: string },
  vmmVersion: string,
): Understood {
  const { endpoint, id } = findEndpoint(method, path, body)
  const parse = SHAPELESS.has(endpoint) ? parseJson : parseFields
  const json = body === '' ? undefined : parse(body)
  const missing = missingFrom(vmmVersion, endpoint, json)
  if (missing?.field !== undefined) throw unknownField(missing.field)
  if (missing !== undefined) {
    const [, first] = path.split('/')
    throw new Fault(`Invalid request method and/or path: ${method} ${first}.`)
  }
  return { run: ROUTES[endpoint](json, id), isDeprecated: isDeprecated(endpoint, json) }
}
