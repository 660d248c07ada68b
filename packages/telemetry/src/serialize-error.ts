/** A chain of causes is followed so far. */
const CAUSES_MAX = 5

/**
 * What a log says of an error: never more of its fields than these, since they may hold what a guest
 * wrote, such as its console.
 */
export function serializeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { message: String(error) }
  const { name, message, stack, cause } = error
  return {
    type: name,
    ...('code' in error && { code: error.code }),
    ...('phase' in error && { phase: error.phase }),
    message,
    stack,
    ...(error instanceof AggregateError &&
      depth < CAUSES_MAX && {
        errors: error.errors.slice(0, CAUSES_MAX).map((each) => serializeError(each, depth + 1)),
      }),
    ...(cause !== undefined && depth < CAUSES_MAX && { cause: serializeError(cause, depth + 1) }),
  }
}
