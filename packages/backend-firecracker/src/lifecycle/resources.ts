import { realpath, rm } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { removeCgroup, removeJail } from '@vulcan/firecracker'
import { NetworkResource, releaseNetworkResource } from '@vulcan/network'
import { hasErrno } from '@vulcan/schema'
import * as z from 'zod'
import { endProcessesOf } from './end-processes.ts'
import type { Holding } from './holding.ts'
import { killRecorded } from './kill-recorded.ts'
import { CGROUP_PARENT, jailsRootDir, type Layout, scratchRootDir } from './layout.ts'
import { isLeasedBy, releaseLease } from './lease.ts'

/** Everything that is held outside a holding's own directory, as its manifest names it. */
export const Resource = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('uid'), uid: z.int().min(1) }),
  z.object({ kind: z.literal('slot'), slot: z.int().min(0) }),
  /** A file of the store that is in use: it must not be pruned. */
  z.object({ kind: z.literal('image'), path: z.string() }),
  z.object({ kind: z.literal('scratch'), path: z.string() }),
  /** A directory of its cgroup: of each hierarchy one. */
  z.object({ kind: z.literal('cgroup'), path: z.string() }),
  /** The jail's own directory, in which its root is, and the user that it was given to. */
  z.object({ kind: z.literal('jail'), path: z.string(), uid: z.int().min(1) }),
  z.object({ kind: z.literal('vmm') }),
  ...NetworkResource.options,
])
export type Resource = z.infer<typeof Resource>

type Release<Kind extends Resource['kind']> = (
  resource: Extract<Resource, { kind: Kind }>,
  holding: Holding,
  layout: Layout,
) => Promise<void>

/** How each kind is released. Every one is content with "already gone" and with "never made". */
const RELEASE: { readonly [Kind in Resource['kind']]: Release<Kind> } = {
  uid: ({ uid }, holding, layout) => releaseLease(layout, 'uid', uid, holding, endProcessesOf),
  slot: ({ slot }, holding, layout) => releaseLease(layout, 'slot', slot, holding),
  image: async () => undefined,
  scratch: async ({ path }, _holding, layout) => {
    const root = scratchRootDir(layout)
    if (dirname(dirname(resolve(path))) !== resolve(root)) {
      throw new Error(`the manifest names the scratch drive ${path}, which is not below ${root}`)
    }
    await rm(path, { force: true })
  },
  cgroup: async ({ path }, { id }) => {
    if (basename(path) !== id || basename(dirname(path)) !== CGROUP_PARENT) {
      throw new Error(`the manifest names ${path}, which is no cgroup of this VM`)
    }
    await removeCgroup(path)
  },
  jail: releaseJail,
  vmm: (_resource, holding, layout) => killRecorded(layout, holding.path),
  netns: (resource) => releaseNetworkResource(resource),
  cni: (resource) => releaseNetworkResource(resource),
  filter: (resource) => releaseNetworkResource(resource),
}

/** Releases one resource of a holding. */
export function releaseResource(
  resource: Resource,
  holding: Holding,
  layout: Layout,
): Promise<void> {
  const release = RELEASE[resource.kind] as Release<Resource['kind']>
  return release(resource, holding, layout)
}

/** Nobody of the jail's user may be there to fill it while it is emptied. */
async function releaseJail(
  { path, uid }: { readonly path: string; readonly uid: number },
  holding: Holding,
  layout: Layout,
): Promise<void> {
  const root = await realpath(jailsRootDir(layout)).catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT')) return undefined
    throw error
  })
  if (root === undefined) return
  if (basename(path) !== holding.id || dirname(dirname(dirname(resolve(path)))) !== root) {
    throw new Error(`the manifest names the jail ${path}, which is not this VM's below ${root}`)
  }
  if (await isLeasedBy(layout, 'uid', uid, holding)) await endProcessesOf(uid)
  await removeJail(path)
}
