import { readFile } from 'node:fs/promises'
import { hasErrno } from '@vulcan/schema'
import * as z from 'zod'
import type { Holding } from './holding.ts'

/** Who a VMM is, in vulcan-launch's words (native/launch, record.rs). */
const VmmRecord = z
  .object({ pid: z.int(), start_time_ticks: z.int(), boot_id: z.string() })
  .transform(({ pid, start_time_ticks: startTimeTicks, boot_id: bootId }) => ({
    pid,
    startTimeTicks,
    bootId,
  }))
type VmmRecord = z.infer<typeof VmmRecord>

/** Undefined before the VMM runs. */
export async function readVmmRecord({ recordPath }: Holding): Promise<VmmRecord | undefined> {
  try {
    return VmmRecord.parse(JSON.parse(await readFile(recordPath, 'utf8')))
  } catch (error) {
    // The VMM writes it as its first deed: it may not be there, or not whole.
    if (hasErrno(error, 'ENOENT') || error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Whether exactly this process runs, and has not ended as a zombie (proc_pid_stat(5)). */
export async function isRunning(
  { pid, startTimeTicks, bootId }: VmmRecord,
  currentBootId: string,
): Promise<boolean> {
  if (bootId !== currentBootId) return false
  try {
    const line = await readFile(`/proc/${pid}/stat`, 'utf8')
    // From the third field on: the second one is a name, in which there can be anything.
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
    const [state] = fields
    return state !== 'Z' && state !== 'X' && Number(fields[22 - 3]) === startTimeTicks
  } catch (error) {
    if (hasErrno(error, 'ENOENT') || hasErrno(error, 'ESRCH')) return false
    throw error
  }
}
