import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { JailError, jailErrorFrom } from './errors.ts'
import { O_PATH } from './open-beneath.ts'

/** One socket, whatever becomes of its name: `path` connects to it until this is disposed. */
export interface PinnedSocket extends Disposable {
  readonly path: string
}

/**
 * Holds a socket that a VMM has bound in a directory where it can also put links: whoever connects by
 * name could be led to another VM's agent or API. To be called before the guest starts, while nobody
 * has a reason to deceive. The directory is the VMM's, but its parent the caller's.
 *
 * Throws `JailError` `jail_entry_refused` where the name is a link, no socket, or not of `owner`.
 */
export function pinSocket(name: string, owner: number): PinnedSocket {
  const fd = openNoFollow(name)
  const stats = fstatSync(fd)
  if (stats.isSocket() && stats.uid === owner) {
    return { path: `/proc/self/fd/${fd}`, [Symbol.dispose]: () => closeSync(fd) }
  }
  closeSync(fd)
  const problem = stats.isSocket() ? `it belongs to user ${stats.uid}` : 'it is no socket'
  throw new JailError('jail_entry_refused', name, problem)
}

function openNoFollow(name: string): number {
  try {
    return openSync(name, O_PATH | constants.O_NOFOLLOW)
  } catch (cause) {
    throw jailErrorFrom('jail_entry_refused', name, cause)
  }
}
