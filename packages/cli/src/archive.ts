import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { WORKLOAD_LIMITS } from '@vulcan/schema'
import { create } from 'tar'
import { readAll } from './input-files.ts'
import { UsageError } from './usage-error.ts'

/** Version control is no part of a program, and often the largest of its directories. */
const LEFT_OUT = new Set(['.git', '.hg', '.svn'])

/**
 * Packs a directory as the guest unpacks it: a tar.gz of names, contents and modes. Throws
 * `UsageError` when the entrypoint is not in it or the archive is over the limit.
 */
export async function packDirectory(directory: string, entrypoint: string): Promise<Buffer> {
  const entry = await stat(join(directory, entrypoint), { throwIfNoEntry: false })
  if (entry?.isFile() !== true) {
    throw new UsageError(
      `${directory} has no file "${entrypoint}": name its program with --entrypoint`,
    )
  }
  const filter = (path: string) => !path.split('/').some((part) => LEFT_OUT.has(part))
  const archive = create({ cwd: directory, gzip: true, portable: true, filter }, ['.'])
  return readAll(archive as unknown as Readable, WORKLOAD_LIMITS.codeBytes, `${directory}, packed,`)
}
