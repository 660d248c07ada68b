import { messageOf } from '@vulcan/schema'
import { HttpProblem } from '../http-problem.ts'
import { checkJsonShape } from './json-shape.ts'

/** A property that assignments elsewhere would take for the prototype of an object. */
const FORBIDDEN = '__proto__'

/** Reads a body. Throws `HttpProblem` `invalid_request`, never quoting the body. */
export function parseJson(body: Buffer): unknown {
  checkJsonShape(body)
  const value = decode(body)
  // Escapes can spell it, too.
  if (body.includes(FORBIDDEN) || body.includes('\\u00')) refuseForbidden(value, [])
  return value
}

function decode(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (cause) {
    throw new HttpProblem('invalid_request', `body: is not JSON: ${whereOf(cause)}`, {
      field: 'body',
      cause,
    })
  }
}

/** The position that V8 gives; what stands around it is the caller's code or environment. */
function whereOf(cause: unknown): string {
  if (!(cause instanceof SyntaxError)) return 'it is not valid UTF-8'
  return /at position \d+/.exec(messageOf(cause))?.[0] ?? 'it ends too early'
}

/** At most as deep as `checkJsonShape` permits. */
function refuseForbidden(value: unknown, path: readonly string[]): void {
  if (typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries(value)) {
    const here = [...path, name]
    if (name === FORBIDDEN && !Array.isArray(value)) {
      const field = here.join('.')
      throw new HttpProblem('invalid_request', `${field}: must not be named so`, { field })
    }
    refuseForbidden(member, here)
  }
}
