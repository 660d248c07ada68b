import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { JailError, jailErrorFrom } from './errors.ts'
import { hostPath, type Jail } from './jail.ts'
import { beneath, openDirectoryBeneath } from './open-beneath.ts'

/**
 * Opens a file that the VMM has written, such as its log, metrics or a snapshot. `inside` is the
 * VMM's path. No part of it is followed as a link, and it must be a regular file of the VM's user with
 * no other name. How much is read of it is the caller's concern.
 *
 * Throws `JailError` `jail_entry_refused`.
 */
export async function openInJail(
  jail: Jail,
  inside: string,
  mode: 'read' | 'append' = 'read',
): Promise<FileHandle> {
  const path = hostPath(jail, inside)
  const parts = inside.split('/').slice(1)
  const name = parts.pop() ?? ''
  const access = mode === 'read' ? constants.O_RDONLY : constants.O_WRONLY | constants.O_APPEND
  // Nobody has to be at the other end of a FIFO, and no terminal becomes ours.
  const flags = access | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY
  try {
    await using directory = await openDirectoryBeneath(jail.rootPath, parts)
    const file = await open(beneath(directory, name), flags)
    const problem = await problemOf(file, jail.uid)
    if (problem === undefined) return file
    await file.close()
    throw new JailError('jail_entry_refused', path, problem)
  } catch (cause) {
    throw cause instanceof JailError ? cause : jailErrorFrom('jail_entry_refused', path, cause)
  }
}

async function problemOf(file: FileHandle, owner: number): Promise<string | undefined> {
  const stats = await file.stat()
  if (!stats.isFile()) return 'it is no regular file'
  if (stats.uid !== owner) return `it belongs to user ${stats.uid}`
  return stats.nlink === 1 ? undefined : `it has ${stats.nlink} names`
}
