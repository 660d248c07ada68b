import { mkdir, readdir, readlink, rm, stat, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BackendError } from '@vulcan/backend'
import { hasErrno } from '@vulcan/schema'
import type { Holding } from './holding.ts'
import type { Layout } from './layout.ts'

/** What is leased, and which numbers there are. */
const LEASES = {
  /**
   * A user, and the group of the same number. Above the container ranges of systemd and below its
   * reserved half (systemd's UIDS-GIDS document): users that nobody else on the machine has.
   */
  uid: { first: 1_900_000_000, count: 4096 },
  /** A network slot: the number in the name of its namespace. */
  slot: { first: 0, count: 4096 },
} as const
export type LeaseKind = keyof typeof LEASES

const leaseKinds = Object.keys(LEASES) as LeaseKind[]
const leaseDir = (layout: Layout, kind: LeaseKind) => join(layout.leasesDir, kind)
export const leasePath = (layout: Layout, kind: LeaseKind, number: number) =>
  join(leaseDir(layout, kind), String(number))

/** Makes the directories of leases. */
export async function prepareLeases(layout: Layout): Promise<void> {
  for (const kind of leaseKinds) {
    await mkdir(leaseDir(layout, kind), { recursive: true, mode: 0o700 })
  }
}

/**
 * Leases a number that nobody else on this machine has; `record` is told before each attempt.
 * Throws `BackendError` `no_capacity` when all are leased.
 *
 * A lease is a link to the name of its holding, which need not lead anywhere: name and content
 * appear at once, so that a lease without a holder cannot exist.
 */
export async function lease(
  layout: Layout,
  kind: LeaseKind,
  holding: Holding,
  record: (number: number) => void,
): Promise<number> {
  const { first, count } = LEASES[kind]
  const offset = Math.floor(Math.random() * count)
  for (let attempt = 0; attempt < count; attempt += 1) {
    const number = first + ((offset + attempt) % count)
    if ((await leaseHolder(leasePath(layout, kind, number))) !== undefined) continue
    record(number)
    try {
      await symlink(holding.name, leasePath(layout, kind, number))
      return number
    } catch (error) {
      if (!hasErrno(error, 'EEXIST')) throw error
    }
  }
  throw new BackendError('no_capacity', `all ${count} leases (${kind}) of this machine are taken`)
}

/** Whether a holding has the lease of a number. */
export async function isLeasedBy(
  layout: Layout,
  kind: LeaseKind,
  number: number,
  holding: Holding,
): Promise<boolean> {
  return (await leaseHolder(leasePath(layout, kind, number))) === holding.name
}

/**
 * Gives a lease back, after `vacate` has seen to it that nobody uses what was leased; one that
 * another holding has stays.
 */
export async function releaseLease(
  layout: Layout,
  kind: LeaseKind,
  number: number,
  holding: Holding,
  vacate: (number: number) => Promise<void> = async () => undefined,
): Promise<void> {
  if (!(await isLeasedBy(layout, kind, number, holding))) return
  await vacate(number)
  await rm(leasePath(layout, kind, number), { force: true })
}

/** Removes leases whose run directory was removed, and with it all manifests that named them. */
export async function removeStrayLeases(layout: Layout): Promise<void> {
  for (const kind of leaseKinds) {
    for (const name of await readdir(leaseDir(layout, kind))) {
      const path = join(leaseDir(layout, kind), name)
      const holder = await leaseHolder(path)
      if (holder === undefined) continue
      const runDir = await stat(dirname(dirname(holder)), { throwIfNoEntry: false })
      if (runDir === undefined) await rm(path, { force: true })
    }
  }
}

async function leaseHolder(path: string): Promise<string | undefined> {
  try {
    return await readlink(path)
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined
    throw error
  }
}
