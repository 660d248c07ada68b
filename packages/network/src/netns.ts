import { lstat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { runHostProgram } from './run-host-program.ts'

/** Where `ip netns` keeps its names. */
const NETNS_DIR = '/run/netns'

export const netnsPath = (name: string) => join(NETNS_DIR, name)

/** What `statfs` says of a namespace (magic.h), and said of one before Linux 3.19. */
const NAMESPACE_TYPES: readonly number[] = [0x6e736673, 0x9fa0]

/**
 * Whether there is a file that is no namespace: what an `ip netns` leaves that died between making
 * or removing the one and the other.
 */
export async function isEmptyName(path: string): Promise<boolean> {
  const found = await statfs(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return found !== undefined && !NAMESPACE_TYPES.includes(found.type)
}

/** Makes a network namespace that operators see with `ip netns`. Throws `netns_failed`. */
export async function addNetns(name: string, signal?: AbortSignal): Promise<void> {
  await runHostProgram({
    program: 'ip',
    args: ['netns', 'add', name],
    code: 'netns_failed',
    signal,
  })
}

/** Removes the name; the namespace goes with its last process. Content when there is none. */
export async function deleteNetns(name: string, signal?: AbortSignal): Promise<void> {
  if (!(await isNamed(name))) return
  try {
    const args = ['netns', 'delete', name]
    await runHostProgram({ program: 'ip', args, code: 'netns_failed', signal })
  } catch (error) {
    if (await isNamed(name)) throw error
  }
}

/** Whether there is a namespace of that name. */
export async function isNamed(name: string): Promise<boolean> {
  try {
    await lstat(netnsPath(name))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
