import { constants, type Stats } from 'node:fs'
import { chmod, chown, copyFile, link, lstat, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { JailError, jailErrorFrom } from './errors.ts'
import type { Jail } from './jail.ts'

export interface FileForJail {
  /** The host's path; links are followed, so nobody else may be able to change them. */
  readonly source: string
  /** Its name in the jail's root: one part of a path. */
  readonly name: string
  /** `write` is for what belongs to the VM's user already, such as its scratch drive. */
  readonly access: 'read' | 'write'
  /**
   * For a file that is only read and cannot be linked (default `copy`). The memory of a snapshot is
   * shared by all VMs of it only where it is linked.
   */
  readonly otherwise?: 'copy' | 'refuse'
}

/** Why the kernel makes no link: another file system or mount, or too many links. */
const NO_LINK = ['EXDEV', 'EPERM', 'EMLINK', 'EOPNOTSUPP']

/**
 * Places a file in a jail whose VMM has not been started, and gives the VMM's path of it. A hard link
 * where that is possible: owner and mode are then those of all its links, and are never changed. Else
 * a copy of its own, which everybody may only read.
 *
 * Throws `JailError` `jail_file_refused`.
 */
export async function placeInJail(jail: Jail, file: FileForJail): Promise<string> {
  const { source, name, access, otherwise = 'copy' } = file
  if (name === '' || name.startsWith('.') || name.includes('/')) {
    throw new JailError('jail_file_refused', name, 'its name must be one part of a path')
  }
  const target = join(jail.rootPath, name)
  try {
    const path = await realpath(source)
    const problem = linkProblem(await lstat(path), access, jail)
    const refused = problem ?? (await tryLink(path, target))
    if (refused === undefined) return `/${name}`
    if (access === 'write' || otherwise === 'refuse') {
      throw new JailError('jail_file_refused', path, `it cannot be linked: ${refused}`)
    }
    await copyToRead(path, target)
    return `/${name}`
  } catch (cause) {
    throw cause instanceof JailError ? cause : jailErrorFrom('jail_file_refused', source, cause)
  }
}

/** What keeps an inode from being shared with a VMM that is taken over. */
function linkProblem(stats: Stats, access: 'read' | 'write', jail: Jail): string | undefined {
  const { mode, uid } = stats
  if (!stats.isFile()) throw new Error('it is no regular file')
  if (access === 'write') return uid === jail.uid ? undefined : "it is not the VM's user's"
  if (uid === jail.uid) return "it is the VM's user's, who could change it"
  if ((mode & 0o006) !== 0o004) return "the VM's user cannot read it, or can write it"
  return undefined
}

/** Undefined when the link was made. */
async function tryLink(path: string, target: string): Promise<string | undefined> {
  try {
    await link(path, target)
    return undefined
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    if (!NO_LINK.includes(code)) throw error
    return message
  }
}

/** The copy is the caller's, whoever has the source. */
async function copyToRead(path: string, target: string): Promise<void> {
  await copyFile(path, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
  await chown(target, process.geteuid?.() ?? 0, process.getegid?.() ?? 0)
  await chmod(target, 0o444)
}
