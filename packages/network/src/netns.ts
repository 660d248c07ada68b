import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { runHostProgram } from './run-host-program.ts'

/** Where `ip netns` keeps its names. */
const NETNS_DIR = '/run/netns'

export const netnsPath = (name: string) => join(NETNS_DIR, name)

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
