/** Whether an error is one of the system, of this code: `ENOENT`, `EEXIST` (errno(3)). */
export function hasErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

/** Whether there was no room for what was to be written. */
export function isDiskFull(error: unknown): boolean {
  return hasErrno(error, 'ENOSPC') || hasErrno(error, 'EDQUOT')
}
