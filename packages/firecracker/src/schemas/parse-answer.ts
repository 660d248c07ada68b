import type * as z from 'zod'

/**
 * As `schema.safeParse`, for what a VMM answers: fields that a later version added are dropped, as
 * deep as they are, while a document that is given to it must have none.
 */
export function parseAnswer<Value>(
  schema: z.ZodType<Value>,
  answer: unknown,
): z.ZodSafeParseResult<Value> {
  const result = schema.safeParse(answer)
  if (result.success) return result
  const { issues } = result.error
  if (!issues.every((issue) => issue.code === 'unrecognized_keys')) return result
  const known = structuredClone(answer)
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys') dropKeys(known, issue.path, issue.keys)
  }
  return schema.safeParse(known)
}

function dropKeys(document: unknown, path: readonly PropertyKey[], keys: readonly string[]): void {
  let place: unknown = document
  for (const name of path) place = typeof place === 'object' && place && Reflect.get(place, name)
  if (typeof place !== 'object' || place === null) return
  for (const key of keys) Reflect.deleteProperty(place, key)
}
