import type { Phase } from '@vulcan/schema'
import type { Holding } from './holding.ts'
import { readJournal, type VmFacts } from './journal.ts'
import type { Layout } from './layout.ts'
import { listHoldings, readBootId } from './recover.ts'
import { isRunning, readVmmRecord } from './vmm-record.ts'

/** A VM that holds something: it runs, or its release has not ended. */
export interface ActiveVm extends VmFacts {
  readonly id: string
  /** Null where it was started for one that is still to come. */
  readonly workloadId: string | null
  /** Whether it waits in a pool. */
  readonly waits: boolean
  /** Its end is known, or its VMM runs no more: what is left is its release, by a recovery perhaps. */
  readonly hasEnded: boolean
  /** Whose it is: the name of that process's lock. */
  readonly ownerId: string
  /** The VMM's; undefined before it runs. */
  readonly pid: number | undefined
  /** Undefined before the first one. */
  readonly phase: Phase | undefined
  /** Milliseconds since the epoch. */
  readonly sinceMs: number
}

/** The VMs of all processes that use this run directory, the oldest first. */
export async function listActiveVms(layout: Layout): Promise<ActiveVm[]> {
  const holdings = (await listHoldings(layout)).filter(({ kind }) => kind === 'vms')
  const bootId = await readBootId()
  const vms = await Promise.all(holdings.map((holding) => describe(holding, bootId)))
  return vms.filter((vm) => vm !== undefined).sort((one, other) => one.sinceMs - other.sinceMs)
}

/** Undefined for a VM that is gone meanwhile, or has not begun. */
async function describe(holding: Holding, bootId: string): Promise<ActiveVm | undefined> {
  const [story, record] = await Promise.all([readJournal(holding), readVmmRecord(holding)])
  if (story === undefined) return undefined
  const { facts, phases, end, ...rest } = story
  const { id, ownerId } = holding
  const runsNoMore = record !== undefined && !(await isRunning(record, bootId))
  const hasEnded = end !== undefined || runsNoMore
  const phase = phases.at(-1)?.phase
  return { id, ownerId, pid: record?.pid, ...facts, ...rest, hasEnded, phase }
}
