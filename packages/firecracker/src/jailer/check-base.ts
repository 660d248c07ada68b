import { constants } from 'node:fs'
import { mkdtemp, open, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { mountIdOf, mountsOfThisProcess } from '../mounts.ts'
import { JailError, jailErrorFrom } from './errors.ts'

/** What a mount must not have: the jail holds Firecracker itself and its devices. */
const HARMFUL_OPTIONS = ['nodev', 'noexec', 'ro'] as const

/**
 * Looks whether jails can be made in a directory. Throws `JailError` `jail_base_unusable`, such as
 * for a file system mounted `nodev`, whose device files open nothing.
 */
export async function checkJailBase(baseDir: string): Promise<void> {
  await using directory = await open(baseDir, constants.O_RDONLY | constants.O_DIRECTORY).catch(
    (cause: unknown) => {
      throw jailErrorFrom('jail_base_unusable', baseDir, cause)
    },
  )
  const { mode, uid } = await directory.stat()
  if (uid !== process.geteuid?.() || (mode & 0o022) !== 0) {
    throw new JailError('jail_base_unusable', baseDir, 'others own it or can write in it')
  }
  const mountId = await mountIdOf(directory)
  const mount = (await mountsOfThisProcess()).find(({ id }) => id === mountId)
  const harmful = HARMFUL_OPTIONS.find((option) => mount?.options.includes(option))
  if (harmful !== undefined) {
    const problem = `its file system (${mount?.path}) is mounted "${harmful}"`
    throw new JailError('jail_base_unusable', baseDir, problem)
  }
  await rmdir(await mkdtemp(join(baseDir, '.probe-'))).catch((cause: unknown) => {
    throw jailErrorFrom('jail_base_unusable', baseDir, cause)
  })
}
