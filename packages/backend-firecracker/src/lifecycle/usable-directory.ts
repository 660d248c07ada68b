import { mkdir, mkdtemp, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { VulcanError } from '@vulcan/schema'

/** A directory of a host's cannot be made, or nothing can be made in it. */
export class DirectoryError extends VulcanError<'directory_unusable'> {
  readonly path: string
  /** What names the directory. */
  readonly variable: string
  readonly problem: string

  constructor(path: string, variable: string, cause: unknown) {
    const problem = problemOf(cause)
    super(
      'directory_unusable',
      `${path} cannot be written (${problem}): give it to this user, or set ${variable} to another directory`,
      { cause },
    )
    this.path = path
    this.variable = variable
    this.problem = problem
  }
}

/**
 * Makes a directory where there is none, and proves that it takes new entries: permissions tell
 * nothing of read-only file systems. Throws `DirectoryError`.
 */
export async function makeUsable(path: string, variable: string, mode: number): Promise<void> {
  try {
    await make(path, mode)
    await rmdir(await mkdtemp(join(path, '.probe-')))
  } catch (cause) {
    throw new DirectoryError(path, variable, cause)
  }
}

/** With its parents. Node's own way never ends where a parent takes no directories, as in /proc. */
async function make(path: string, mode: number): Promise<void> {
  if ((await tryMake(path, mode)) !== 'no_parent') return
  if (dirname(path) !== path) await make(dirname(path), mode)
  await mkdir(path, { mode })
}

async function tryMake(path: string, mode: number): Promise<'made' | 'no_parent'> {
  try {
    await mkdir(path, { mode })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return 'no_parent'
    // What is there may be a file; the probe will tell.
    if (code !== 'EEXIST') throw error
  }
  return 'made'
}

function problemOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const words: Readonly<Record<string, string>> = {
    EACCES: 'permission denied',
    EPERM: 'not permitted',
    EROFS: 'its file system is read-only',
    ENOTDIR: 'it, or a part of its path, is a file',
    ENOENT: 'no directory can be made there',
    ENOSPC: 'its file system is full',
    EDQUOT: 'the quota of its file system is used up',
  }
  return words[code] ?? String(cause)
}
