import { readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { hasErrno } from '../errno.ts'
import { type Layout, ownersDir, scratchRootDir, VmDirectory, vmsDir } from './layout.ts'
import { releaseVm } from './manifest.ts'
import { holdLock } from './owner.ts'

/** What a recovery did. */
export interface Recovery {
  /** The VMs of dead owners that were released. */
  readonly released: readonly string[]
  /** What could not be released; it stays for the next recovery. */
  readonly failures: readonly unknown[]
}

/**
 * Releases what dead owners left. A living owner, proved by its lock and not by a pid, is left
 * alone. Any number of processes may do this at once: each VM is claimed by one `rename`.
 */
export async function recover(layout: Layout, ownerId: string): Promise<Recovery> {
  const released: string[] = []
  const failures: unknown[] = []
  for (const [deadId, directories] of await foreignOwners(layout, ownerId)) {
    await using lock = await holdLock(layout, deadId)
    if (lock === undefined) continue
    for (const directory of directories) {
      try {
        const claimed = await claim(layout, directory, ownerId)
        if (claimed === undefined) continue
        await releaseVm(claimed, layout)
        released.push(directory.vmId)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await removeScratchOfOlderBoots(layout)
  return { released, failures }
}

/** This boot of the machine; read from the kernel (proc_sys_kernel(5)). */
export async function readBootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
}

async function foreignOwners(layout: Layout, ownerId: string): Promise<Map<string, VmDirectory[]>> {
  const owners = new Map<string, VmDirectory[]>()
  for (const name of await readdir(ownersDir(layout))) {
    if (name.endsWith('.lock')) owners.set(name.slice(0, -'.lock'.length), [])
  }
  for (const name of await readdir(vmsDir(layout))) {
    const directory = VmDirectory.parse(layout, name)
    if (directory === undefined) continue
    owners.set(directory.ownerId, [...(owners.get(directory.ownerId) ?? []), directory])
  }
  owners.delete(ownerId)
  return owners
}

/** Makes a dead owner's VM ours; undefined when another process was first. */
async function claim(
  layout: Layout,
  directory: VmDirectory,
  ownerId: string,
): Promise<VmDirectory | undefined> {
  const claimed = new VmDirectory(layout, directory.vmId, ownerId)
  try {
    await rename(directory.path, claimed.path)
    return claimed
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined
    throw error
  }
}

async function removeScratchOfOlderBoots(layout: Layout): Promise<void> {
  const bootId = await readBootId()
  const root = scratchRootDir(layout)
  const boots = await readdir(root).catch(() => [])
  for (const boot of boots.filter((boot) => boot !== bootId)) {
    await rm(join(root, boot), { recursive: true, force: true })
  }
}
