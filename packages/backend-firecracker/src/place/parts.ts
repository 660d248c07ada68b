import { chown, mkdir } from 'node:fs/promises'
import { lease } from '../lifecycle/lease.ts'
import type { HeldSlot } from '../networks.ts'
import type { Vm, VmHost } from '../vm.ts'

/** A user of the VM's own, with the group of the same number. */
export function leaseUser({ layout }: VmHost, { holding, manifest }: Vm): Promise<number> {
  return lease(layout, 'uid', holding, (uid) => manifest.record({ kind: 'uid', uid }))
}

/** The one directory of the VM's that its VMM may write. */
export async function makeVsockDir({ holding }: Vm, uid: number | undefined): Promise<void> {
  await mkdir(holding.vsockDir, { mode: 0o700 })
  if (uid !== undefined) await chown(holding.vsockDir, uid, uid)
}

/**
 * A VMM whose VM has no network has none either. `uid` opens the TAP by itself, and must own it on some
 * kernels.
 */
export function networkArguments(slot: HeldSlot | undefined, uid?: number): string[] {
  if (slot === undefined) return ['--new-netns']
  const owner = uid === undefined ? [] : ['--tap-owner', `${slot.tapName}:${uid}`]
  return ['--netns', slot.netnsPath, ...owner]
}
