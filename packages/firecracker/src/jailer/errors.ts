import { messageOf, VulcanError } from '@vulcan/schema'

/**
 * Why something of a jail cannot be: `jail_base_unusable` the directory of all jails cannot hold
 * one; `jail_invalid` an id or user that the jailer does not take; `jail_file_refused` a file cannot
 * be given to the VMM; `jail_entry_refused` what is in the jail is not what was to be opened;
 * `jail_not_removed` something of it stays.
 */
export type JailFailure =
  | 'jail_base_unusable'
  | 'jail_invalid'
  | 'jail_file_refused'
  | 'jail_entry_refused'
  | 'jail_not_removed'

/** A jail, or something in it, is not as it has to be. */
export class JailError extends VulcanError<JailFailure> {
  readonly path: string
  readonly problem: string

  constructor(code: JailFailure, path: string, problem: string, options?: ErrorOptions) {
    super(code, `${WORDS[code]} ${path}: ${problem}`, options)
    this.path = path
    this.problem = problem
  }
}

/** A jail's error from one of the operating system. */
export function jailErrorFrom(code: JailFailure, path: string, cause: unknown): JailError {
  return new JailError(code, path, messageOf(cause), { cause })
}

const WORDS = {
  jail_base_unusable: 'no jail can be made in',
  jail_invalid: 'this cannot be a jail:',
  jail_file_refused: 'this file cannot be given to a jail:',
  jail_entry_refused: 'this is not opened in a jail:',
  jail_not_removed: 'a jail could not be removed:',
} as const satisfies Record<JailFailure, string>
