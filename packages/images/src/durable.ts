import { open, readdir, rename, symlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'

/** Flushes a directory and everything in it to the disk. */
export async function syncTree(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    await syncPath(join(entry.parentPath, entry.name))
  }
  await syncPath(directory)
}

/** Flushes one file, or the names in one directory. */
export async function syncPath(path: string): Promise<void> {
  await using file = await open(path, 'r')
  await file.sync()
}

/**
 * Makes the link point to the target, whatever was there before; nobody sees it missing. The link
 * is relative, and is made in `workDirectory` first, which must be on the same file system.
 */
export async function replaceLink(
  link: string,
  target: string,
  workDirectory: string,
): Promise<void> {
  const made = join(workDirectory, 'link')
  await symlink(relative(dirname(link), target), made)
  await rename(made, link)
  await syncPath(dirname(link))
}
