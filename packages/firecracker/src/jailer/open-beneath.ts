import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/** Linux's `O_PATH`, the same on x86-64 and arm64, which Node does not name. */
export const O_PATH = 0o10000000

/** The path of something in an open directory, which whoever moves or replaces that cannot change. */
export function beneath(directory: FileHandle, name: string): string {
  return `/proc/self/fd/${directory.fd}/${name}`
}

/**
 * Opens the directory that `parts` lead to, one after the other, none of which may be a link. The
 * first path is the caller's and may be what it is.
 */
export async function openDirectoryBeneath(
  rootPath: string,
  parts: readonly string[],
): Promise<FileHandle> {
  const flags = constants.O_DIRECTORY | constants.O_NOFOLLOW | O_PATH
  let directory = await open(rootPath, flags)
  for (const part of parts) {
    await using parent = directory
    directory = await open(beneath(parent, part), flags)
  }
  return directory
}
