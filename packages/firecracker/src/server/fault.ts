import { getSystemErrorMessage } from 'node:util'
import { VulcanError } from '@vulcan/schema'

/**
 * A refusal that goes to the API's caller: status 400, or 413 for metadata that are too large, and
 * `{"fault_message": message}`. A `Vmm` throws it; everything else that a `Vmm` throws is a bug and
 * answered with status 500.
 */
export class Fault extends VulcanError<'vmm_fault'> {
  readonly status: 400 | 413

  constructor(message: string, options?: ErrorOptions & { readonly status?: 400 | 413 }) {
    super('vmm_fault', message, options)
    this.status = options?.status ?? 400
  }
}

/** The refusal of what this VMM cannot do. */
export function unsupported(what: string): Fault {
  return new Fault(`The requested operation is not supported: ${what}`)
}

/** An operating system's error as Rust prints it: `No such file or directory (os error 2)`. */
export function osErrorText(error: unknown): string {
  const errno = error instanceof Error && 'errno' in error ? error.errno : undefined
  if (typeof errno !== 'number') return String(error)
  const text = getSystemErrorMessage(errno)
  return `${text.charAt(0).toUpperCase()}${text.slice(1)} (os error ${-errno})`
}
