import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { hasErrno } from '@vulcan/schema'
import * as z from 'zod'
import { isDiskFull } from '../disk-full.ts'
import type { Holding } from './holding.ts'
import { EnteredPhase, readJournal, VmEnd, VmFacts } from './journal.ts'
import { endedDir, type Layout } from './layout.ts'
import type { Resource } from './resources.ts'

/** How many ends are kept; older ones make room. */
const ENDS_MAX = 1_000

/** How a VM ended, and what it had. Times are milliseconds since the epoch. */
const EndedVm = z.object({
  id: z.string(),
  /** Null where none had it. */
  workloadId: z.string().nullable().default(null),
  ...VmFacts.shape,
  sinceMs: z.int(),
  endedMs: z.int(),
  phases: z.array(EnteredPhase),
  ...VmEnd.shape,
  /** What it held outside its directory, as its manifest named it. */
  resources: z.array(z.object({ kind: z.string() }).loose()),
})
export type EndedVm = z.infer<typeof EndedVm>

/**
 * Keeps how a VM ended, after everything else of it is released: its own word, or that its owner
 * died before there was one. Does nothing for a VM that had not begun, and for one that waited in vain.
 */
export async function keepEnd(
  layout: Layout,
  holding: Holding,
  resources: readonly Resource[],
): Promise<void> {
  const story = await readJournal(holding)
  if (story === undefined) return
  const { facts, sinceMs, workloadId, phases, end } = story
  if (end === undefined && workloadId === null) return
  const { atMs: endedMs, reason, exitCode, error } = end ?? ownerDied()
  const ended: EndedVm = {
    id: holding.id,
    workloadId,
    ...facts,
    sinceMs,
    endedMs,
    phases: [...phases],
    reason,
    exitCode,
    error,
    resources: [...resources],
  }
  try {
    await mkdir(endedDir(layout), { recursive: true, mode: 0o700 })
    await makeRoom(layout)
    await write(layout, ended)
  } catch (error) {
    // A full disk must not keep from release what may be filling it.
    if (!isDiskFull(error)) throw error
  }
}

/** The ends that are kept, the newest first. A file that is none is passed over. */
export async function listEnded(layout: Layout): Promise<EndedVm[]> {
  const names = (await endNames(layout)).toReversed()
  const ends = await Promise.all(names.map((name) => readEnd(join(endedDir(layout), name))))
  return ends.filter((end) => end !== undefined)
}

function ownerDied() {
  const error = 'the vulcan process that owned it died'
  return { atMs: Date.now(), reason: 'owner_died' as const, exitCode: null, error }
}

/** Nobody else writes this end now: the holding is ours. A dead writer's file is written again. */
async function write(layout: Layout, ended: EndedVm): Promise<void> {
  const path = join(endedDir(layout), `${ended.id}.json`)
  const temporary = `${path}.new`
  try {
    await using file = await open(temporary, 'w', 0o600)
    await file.writeFile(JSON.stringify(ended))
    await file.datasync()
    await rename(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
}

async function makeRoom(layout: Layout): Promise<void> {
  const names = await endNames(layout)
  for (const name of names.slice(0, 1 - ENDS_MAX)) {
    await rm(join(endedDir(layout), name), { force: true })
  }
}

/** In the order in which they began: ids are ULIDs. */
async function endNames(layout: Layout): Promise<string[]> {
  try {
    return (await readdir(endedDir(layout))).filter((name) => name.endsWith('.json')).sort()
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return []
    throw error
  }
}

async function readEnd(path: string): Promise<EndedVm | undefined> {
  try {
    return EndedVm.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    // It may be removed meanwhile, and a crash of the machine may have left it empty.
    if (hasErrno(error, 'ENOENT') || error instanceof SyntaxError || error instanceof z.ZodError) {
      return undefined
    }
    throw error
  }
}
