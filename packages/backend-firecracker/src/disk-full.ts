import { hasErrno } from '@vulcan/schema'

/** Whether there was no room for what was to be written. */
export function isDiskFull(error: unknown): boolean {
  return hasErrno(error, 'ENOSPC') || hasErrno(error, 'EDQUOT')
}
