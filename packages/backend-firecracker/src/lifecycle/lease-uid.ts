import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BackendError } from '@vulcan/backend'
import type { Layout, VmDirectory } from './layout.ts'
import type { Manifest } from './manifest.ts'
import { makeLease, uidLeasePath } from './resources.ts'

/**
 * Above the container ranges of systemd and below its reserved half (systemd's UIDS-GIDS document):
 * users that nobody else on the machine has.
 */
const UID_BASE = 1_900_000_000
const UID_COUNT = 4096

/**
 * Leases a user (and the group of the same number) for one VM, unique on this machine: two VMMs of
 * one user could reach into each other. Throws `BackendError` `no_capacity` when all are leased.
 */
export async function leaseUid(
  layout: Layout,
  directory: VmDirectory,
  manifest: Manifest,
): Promise<number> {
  const holderPath = join(directory.path, 'lease')
  await writeFile(holderPath, directory.vmId, { flag: 'wx', mode: 0o600 })
  const offset = Math.floor(Math.random() * UID_COUNT)
  for (let attempt = 0; attempt < UID_COUNT; attempt += 1) {
    const uid = UID_BASE + ((offset + attempt) % UID_COUNT)
    manifest.record({ kind: 'uid', uid })
    if (await makeLease(uidLeasePath(layout, uid), holderPath)) return uid
  }
  throw new BackendError('no_capacity', `all ${UID_COUNT} users for VMs are leased on this machine`)
}
