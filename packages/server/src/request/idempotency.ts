import { createHash } from 'node:crypto'
import type { Idempotency } from '@vulcan/engine'
import { HttpProblem } from '../http-problem.ts'

const KEY = /^[\x21-\x7e]{1,255}$/
/** A first request with the key is answered by then, or else is soon. */
const RETRY_AFTER_S = 1

/**
 * What makes a request safe to repeat: its key, and a hash of what it asks for, however its members
 * are ordered. Throws `HttpProblem` `invalid_request`.
 */
export function idempotencyOf(
  header: string | string[] | undefined,
  body: unknown,
): Idempotency | undefined {
  if (header === undefined) return undefined
  const field = 'Idempotency-Key'
  if (typeof header !== 'string' || !KEY.test(header)) {
    const detail = `${field}: must be 1 to 255 visible ASCII characters`
    throw new HttpProblem('invalid_request', detail, { field })
  }
  const requestHash = createHash('sha256').update(canonicalJson(body)).digest('hex')
  return { key: header, requestHash }
}

/** The keys of requests that are being answered; later ones are the engine's to know. */
export class RequestsInAnswer {
  readonly #hashes = new Map<string, string>()

  /**
   * Disposing frees the key. Throws `HttpProblem` `idempotency_in_use`, or `idempotency_mismatch`
   * where the other request asks for something else.
   */
  begin(owner: string, idempotency: Idempotency | undefined): Disposable {
    const held = new DisposableStack()
    if (idempotency === undefined) return held
    const name = JSON.stringify([owner, idempotency.key])
    const other = this.#hashes.get(name)
    if (other === idempotency.requestHash) {
      const detail = 'a request with this Idempotency-Key is being answered: try again when it is'
      throw new HttpProblem('idempotency_in_use', detail, { retryAfterS: RETRY_AFTER_S })
    }
    if (other !== undefined) {
      const detail = 'this Idempotency-Key is used for another request, which is being answered'
      throw new HttpProblem('idempotency_mismatch', detail)
    }
    this.#hashes.set(name, idempotency.requestHash)
    held.defer(() => this.#hashes.delete(name))
    return held
  }
}

/** JSON with members in the order of their names. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  )
}
