import { readdir, stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { hasErrno } from '@vulcan/schema'
import { readRunningProcess } from './running-process.ts'

/** How long processes that got SIGKILL may take to be gone: they may have gigabytes to give back. */
const END_WAIT_MS = 10_000
const LOOK_EVERY_MS = 20

/**
 * Ends every process of a user that was leased to one VM, and waits until they are gone: what a VMM
 * had started dies with it, but a little later. Rejects when one is still there at the end of the wait.
 */
export async function endProcessesOf(uid: number): Promise<void> {
  const deadlineMs = performance.now() + END_WAIT_MS
  for (;;) {
    const pids = await livingProcessesOf(uid)
    if (pids.length === 0) return
    if (performance.now() > deadlineMs) {
      throw new Error(`processes of the VM's user ${uid} do not end: ${pids.join(', ')}`)
    }
    for (const pid of pids) kill(pid)
    await delay(LOOK_EVERY_MS)
  }
}

async function livingProcessesOf(uid: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const own = await Promise.all(pids.map((pid) => isLivingAndOf(pid, uid)))
  return pids.filter((_, at) => own[at])
}

async function isLivingAndOf(pid: number, uid: number): Promise<boolean> {
  try {
    if ((await stat(`/proc/${pid}`)).uid !== uid) return false
  } catch (error) {
    if (hasErrno(error, 'ENOENT') || hasErrno(error, 'ESRCH')) return false
    throw error
  }
  return (await readRunningProcess(pid)) !== undefined
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!hasErrno(error, 'ESRCH')) throw error
  }
}
