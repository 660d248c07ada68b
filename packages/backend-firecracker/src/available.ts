import { readFile, statfs } from 'node:fs/promises'

const MIB_BYTES = 1024 ** 2

/** What can be used without swapping (`MemAvailable`, proc_meminfo(5)). */
export async function availableMemoryMib(): Promise<number> {
  const meminfo = await readFile('/proc/meminfo', 'utf8')
  return Math.floor(Number(/^MemAvailable: +(\d+) kB$/m.exec(meminfo)?.[1]) / 1024)
}

/** What is free for this user in the file system of a path. */
export async function availableDiskMib(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path)
  return Math.floor((bavail * bsize) / MIB_BYTES)
}
