import {
  type ActiveVm,
  becomeOwner,
  type EndedVm,
  listActiveVms,
  listEnded,
  listFilesInUse,
  recover,
} from '@vulcan/backend-firecracker'
import { type ImageSummary, pruneImages } from '@vulcan/images'
import type { Env } from '@vulcan/schema'
import type { HostNotice } from './foundation.ts'
import { readSettings } from './settings.ts'

/** The VMs of all processes that use this host's run directory, the oldest first. */
export async function listHostVms(env: Env): Promise<ActiveVm[]> {
  return listActiveVms((await readSettings(env)).layout)
}

/** How this host's VMs ended, the newest first; a bounded number of them is kept. */
export async function listHostEnds(env: Env): Promise<EndedVm[]> {
  return listEnded((await readSettings(env)).layout)
}

/** What a pruning removed, and what it could not. */
export interface Pruned {
  /** The VMs of dead processes, released now. */
  readonly vms: readonly string[]
  /** What could not be released; it stays and is tried again. */
  readonly failures: readonly unknown[]
  readonly images: readonly ImageSummary[]
}

/**
 * Releases what dead processes left, and removes older builds of images that no VM uses. Throws
 * `ConfigError` or `OwnerError`.
 */
export async function pruneHost(env: Env, onNotice: HostNotice): Promise<Pruned> {
  const { layout, config } = await readSettings(env)
  await using owner = await becomeOwner(layout)
  const { released, failures } = await recover(layout, owner.ownerId)
  const { kernelPath, initrdPath } = config
  const images = await pruneImages({
    home: layout.homeDir,
    inUse: [kernelPath, initrdPath, ...(await listFilesInUse(layout))],
    report: onNotice,
  })
  return { vms: released, failures, images }
}
