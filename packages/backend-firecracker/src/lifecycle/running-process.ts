import { readFile } from 'node:fs/promises'
import { hasErrno } from '@vulcan/schema'

const START_TIME_FIELD = 22

/** A process that runs, as proc_pid_stat(5) tells it. */
export interface RunningProcess {
  /** Since the boot, in clock ticks: with the pid it is no other process of this boot. */
  readonly startTimeTicks: number
}

/**
 * Undefined where none runs: a zombie has ended, too, and waits for a parent that may be in no hurry.
 */
export async function readRunningProcess(pid: number): Promise<RunningProcess | undefined> {
  try {
    const line = await readFile(`/proc/${pid}/stat`, 'utf8')
    // From the third field on: the second one is a name, in which there can be anything.
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
    const [state] = fields
    if (state === 'Z' || state === 'X') return undefined
    return { startTimeTicks: Number(fields[START_TIME_FIELD - 3]) }
  } catch (error) {
    if (hasErrno(error, 'ENOENT') || hasErrno(error, 'ESRCH')) return undefined
    throw error
  }
}
