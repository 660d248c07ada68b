import { readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { removeJail } from '@vulcan/firecracker'
import { hasErrno } from '@vulcan/schema'
import { HOLDING_KINDS, Holding, holdingsDir } from './holding.ts'
import { bootDirName, jailsRootDir, type Layout, ownersDir, scratchRootDir } from './layout.ts'
import { removeStrayLeases } from './lease.ts'
import { releaseHolding } from './manifest.ts'
import { holdLock } from './owner.ts'

/** What a recovery did. */
export interface Recovery {
  /** The VMs of dead owners that were released. */
  readonly released: readonly string[]
  /** What could not be released; it stays for the next recovery. */
  readonly failures: readonly unknown[]
}

/**
 * Releases what dead owners left, and what `ownerId`, the caller, holds without using it: what it
 * could not release before. A living owner, proved by its lock and not by a pid, is left alone. Any
 * number of processes may do this at once: each holding is claimed by one `rename`.
 */
export async function recover(
  layout: Layout,
  ownerId: string,
  isInUse: (own: Holding) => boolean = () => true,
): Promise<Recovery> {
  const released: string[] = []
  const failures: unknown[] = []
  const release = async (holding: Holding) => {
    try {
      const claimed = await claim(layout, holding, ownerId)
      if (claimed === undefined) return
      await releaseHolding(claimed, layout)
      if (holding.kind === 'vms') released.push(holding.id)
    } catch (error) {
      failures.push(error)
    }
  }
  const owners = await listOwners(layout)
  for (const holding of owners.get(ownerId) ?? []) {
    if (!isInUse(holding)) await release(holding)
  }
  owners.delete(ownerId)
  for (const [deadId, holdings] of owners) {
    await using lock = await holdLock(layout, deadId)
    if (lock === undefined) continue
    for (const holding of holdings) await release(holding)
  }
  await removeStrayLeases(layout)
  await removeRemainsOfOlderBoots(layout)
  return { released, failures }
}

/** This boot of the machine; read from the kernel (proc_sys_kernel(5)). */
export async function readBootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
}

/** Everything that is held in this run directory, whoever owns it, VMs first. */
export async function listHoldings(layout: Layout): Promise<Holding[]> {
  const holdings: Holding[] = []
  for (const kind of HOLDING_KINDS) {
    for (const name of await namesIn(holdingsDir(layout, kind))) {
      const holding = Holding.parse(layout, kind, name)
      if (holding !== undefined) holdings.push(holding)
    }
  }
  return holdings
}

/** All who have a lock or hold something. */
async function listOwners(layout: Layout): Promise<Map<string, Holding[]>> {
  const owners = new Map<string, Holding[]>()
  for (const name of await readdir(ownersDir(layout))) {
    if (name.endsWith('.lock')) owners.set(name.slice(0, -'.lock'.length), [])
  }
  for (const holding of await listHoldings(layout)) {
    owners.set(holding.ownerId, [...(owners.get(holding.ownerId) ?? []), holding])
  }
  return owners
}

/** None in a directory that is not there, since nothing was ever run. */
async function namesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path)
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return []
    throw error
  }
}

/** Makes a holding ours, if it is not; undefined when another process was first. */
async function claim(
  layout: Layout,
  holding: Holding,
  ownerId: string,
): Promise<Holding | undefined> {
  const claimed = new Holding(layout, holding.kind, holding.id, ownerId)
  try {
    await rename(holding.path, claimed.path)
    return claimed
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Their manifests went with the reboot. */
async function removeRemainsOfOlderBoots(layout: Layout): Promise<void> {
  const bootId = await readBootId()
  const scratchRoot = scratchRootDir(layout)
  for (const boot of await namesIn(scratchRoot)) {
    if (boot !== bootId) await rm(join(scratchRoot, boot), { recursive: true, force: true })
  }
  const jailsRoot = jailsRootDir(layout)
  for (const boot of await namesIn(jailsRoot)) {
    if (boot !== bootDirName(bootId)) await removeJail(join(jailsRoot, boot))
  }
}
