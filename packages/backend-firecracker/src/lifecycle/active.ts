import { readFile } from 'node:fs/promises'
import type { Phase } from '@vulcan/schema'
import { hasErrno } from '@vulcan/schema'
import * as z from 'zod'
import type { Holding } from './holding.ts'
import { readJournal, type VmFacts } from './journal.ts'
import type { Layout } from './layout.ts'
import { listHoldings } from './recover.ts'

/** A VM that holds something: it runs, or its release has not ended. */
export interface ActiveVm extends VmFacts {
  readonly id: string
  /** Null where it was started for one that is still to come. */
  readonly workloadId: string | null
  /** Whether it waits in a pool. */
  readonly waits: boolean
  /** Whose it is: the name of that process's lock. */
  readonly ownerId: string
  /** The VMM's; undefined before it runs. */
  readonly pid: number | undefined
  /** Undefined before the first one. */
  readonly phase: Phase | undefined
  /** Milliseconds since the epoch. */
  readonly sinceMs: number
}

const VmmRecord = z.object({ pid: z.int() })

/** The VMs of all processes that use this run directory, the oldest first. */
export async function listActiveVms(layout: Layout): Promise<ActiveVm[]> {
  const holdings = (await listHoldings(layout)).filter(({ kind }) => kind === 'vms')
  const vms = await Promise.all(holdings.map(describe))
  return vms.filter((vm) => vm !== undefined).sort((one, other) => one.sinceMs - other.sinceMs)
}

/** Undefined for a VM that is gone meanwhile, or has not begun. */
async function describe(holding: Holding): Promise<ActiveVm | undefined> {
  const [story, pid] = await Promise.all([readJournal(holding), readPid(holding)])
  if (story === undefined) return undefined
  const { facts, phases, end: _, ...rest } = story
  const { id, ownerId } = holding
  return { id, ownerId, pid, ...facts, ...rest, phase: phases.at(-1)?.phase }
}

async function readPid({ recordPath }: Holding): Promise<number | undefined> {
  try {
    return VmmRecord.parse(JSON.parse(await readFile(recordPath, 'utf8'))).pid
  } catch (error) {
    // The VMM writes it as its first deed: it may not be there, or not whole.
    if (hasErrno(error, 'ENOENT') || error instanceof SyntaxError) return undefined
    throw error
  }
}
