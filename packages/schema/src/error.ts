/**
 * The base of every error that Vulcan throws on purpose.
 *
 * A subclass fixes the type of `code`, adds the fields that describe what happened as readonly
 * properties, and builds `message` from those fields: what happened, to what, and what to do.
 * Callers branch on `code`, never on `message`.
 */
export class VulcanError<Code extends string = string> extends Error {
  readonly code: Code

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.name = new.target.name
  }
}

/** What an error says; anything can be thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Whether an error is one of the system, of this code: `ENOENT`, `EEXIST` (errno(3)). */
export function hasErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
