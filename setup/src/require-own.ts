import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { hasErrno, VulcanError } from '@vulcan/schema'

const ROOT_UID = 0

/** What set-up writes in belongs to another user. */
export class ForeignOwnerError extends VulcanError<'foreign_owner'> {
  readonly path: string

  constructor(path: string, directory: string) {
    super(
      'foreign_owner',
      `${path} belongs to another user, since a set-up was run as that one. ` +
        `Make it yours with: sudo chown -R "$(id -u):$(id -g)" '${directory}'`,
    )
    this.path = path
  }
}

/**
 * Refuses a directory that is there, or has something in it, that is not the user's; root may write them all.
 *
 * Throws `ForeignOwnerError` (`foreign_owner`).
 */
export async function requireOwn(directory: string, uid = process.getuid?.()): Promise<void> {
  if (uid === ROOT_UID) return
  for (const path of [directory, ...(await entriesOf(directory))]) {
    const stats = await lstat(path).catch(unlessMissing)
    if (stats !== undefined && stats.uid !== uid) throw new ForeignOwnerError(path, directory)
  }
}

async function entriesOf(directory: string): Promise<string[]> {
  const names = (await readdir(directory).catch(unlessMissing)) ?? []
  return names.map((name) => join(directory, name))
}

function unlessMissing(error: unknown): undefined {
  if (!hasErrno(error, 'ENOENT')) throw error
}
