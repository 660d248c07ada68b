import { statfs } from 'node:fs/promises'
import { NoSpaceError } from './errors.ts'

/** Throws `no_space` where the file system of this path has less free for an ordinary user. */
export async function requireFreeSpace(path: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(path)
  const freeBytes = bavail * bsize
  if (freeBytes < neededBytes) throw new NoSpaceError(path, neededBytes, freeBytes)
}
