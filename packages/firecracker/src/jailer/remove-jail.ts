import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, readdir, rename, rmdir, unlink } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { mountIdOf } from '../mounts.ts'
import { JailError, jailErrorFrom } from './errors.ts'

/**
 * Removes a jail by the path of its own directory, after the VMM and everything else of its user has
 * ended. Content with what is gone already. Follows no link, enters no other mount, and changes
 * neither owner nor mode of anything: linked images have other names.
 *
 * Throws `JailError` `jail_not_removed`; what is left can be removed by another call.
 */
export async function removeJail(path: string): Promise<void> {
  try {
    await using parent = await openDirectory(Buffer.from(dirname(path)))
    if (parent === undefined) return
    const top = entry(parent, Buffer.from(basename(path)))
    {
      await using directory = await openDirectory(top)
      if (directory === undefined) return
      await empty(directory, path)
    }
    await rmdir(top)
  } catch (cause) {
    throw cause instanceof JailError ? cause : jailErrorFrom('jail_not_removed', path, cause)
  }
}

/**
 * Brings what is in directories up to the top before it is removed: a VMM can nest them deeper than
 * we could have descriptors open.
 */
async function empty(top: FileHandle, path: string): Promise<void> {
  const mountId = await mountIdOf(top)
  // A name that the VMM could not foresee, and so not take.
  const raisedName = `.removed-${randomUUID()}-`
  let raised = 0
  for (let names = await list(top); names.length > 0; names = await list(top)) {
    for (const name of names) {
      const child = entry(top, name)
      {
        await using directory = await openDirectory(child)
        if (directory === undefined) {
          await unlink(child)
          continue
        }
        if ((await mountIdOf(directory)) !== mountId) {
          throw new JailError('jail_not_removed', path, `something is mounted on ${name} in it`)
        }
        for (const inner of await list(directory)) {
          raised += 1
          await rename(entry(directory, inner), entry(top, Buffer.from(`${raisedName}${raised}`)))
        }
      }
      await rmdir(child)
    }
  }
}

/** Names are any bytes. */
function list(directory: FileHandle): Promise<Buffer[]> {
  return readdir(`/proc/self/fd/${directory.fd}`, { encoding: 'buffer' })
}

function entry(directory: FileHandle, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`/proc/self/fd/${directory.fd}/`), name])
}

/** Undefined for what is no directory, such as a link to one, or is not there. */
async function openDirectory(path: Buffer): Promise<FileHandle | undefined> {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
  try {
    return await open(path, flags)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined
    throw error
  }
}
