import { readFile } from 'node:fs/promises'
import { hasErrno } from '@vulcan/schema'
import * as z from 'zod'
import type { Holding } from './holding.ts'
import { readRunningProcess } from './running-process.ts'

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

/** Whether exactly this process runs. */
export async function isRunning(
  { pid, startTimeTicks, bootId }: VmmRecord,
  currentBootId: string,
): Promise<boolean> {
  if (bootId !== currentBootId) return false
  return (await readRunningProcess(pid))?.startTimeTicks === startTimeTicks
}
