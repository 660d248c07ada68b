import { VulcanError } from '@vulcan/schema'
import * as z from 'zod'

/** A value outside of what the API takes. Nothing was sent. */
export class InvalidValueError extends VulcanError<'invalid_value'> {
  /** As in the API's documents, `PUT /drives/{id}`, or `--config-file`. */
  readonly target: string

  constructor(target: string, cause: z.ZodError) {
    super('invalid_value', `a value is none for ${target}: ${z.prettifyError(cause)}`, { cause })
    this.target = target
  }
}

/** `value` as on the wire. Throws `InvalidValueError` (`invalid_value`), which names `target`. */
export function encodeValue<Value>(
  target: string,
  schema: z.ZodType<Value>,
  value: Value,
): unknown {
  const result = z.safeEncode(schema, value)
  if (!result.success) throw new InvalidValueError(target, result.error)
  return result.data
}
