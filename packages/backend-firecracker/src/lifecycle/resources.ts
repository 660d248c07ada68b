import { link, readFile, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import * as z from 'zod'
import { hasErrno } from '../errno.ts'
import { killRecorded } from './kill-recorded.ts'
import { type Layout, scratchRootDir, uidLeasesDir, type VmDirectory } from './layout.ts'

/** Everything a VM holds outside its own directory, as its manifest names it. */
export const Resource = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('uid'), uid: z.int().min(1) }),
  z.object({ kind: z.literal('scratch'), path: z.string() }),
  z.object({ kind: z.literal('vmm') }),
])
export type Resource = z.infer<typeof Resource>

type Release<Kind extends Resource['kind']> = (
  resource: Extract<Resource, { kind: Kind }>,
  directory: VmDirectory,
  layout: Layout,
) => Promise<void>

/** How each kind is released. Every one is content with "already gone" and with "never made". */
const RELEASE: { readonly [Kind in Resource['kind']]: Release<Kind> } = {
  uid: async ({ uid }, directory, layout) => {
    const path = uidLeasePath(layout, uid)
    if ((await leaseHolder(path)) === directory.vmId) await rm(path, { force: true })
  },
  scratch: async ({ path }, _directory, layout) => {
    const root = scratchRootDir(layout)
    if (dirname(dirname(resolve(path))) !== resolve(root)) {
      throw new Error(`the manifest names the scratch drive ${path}, which is not below ${root}`)
    }
    await rm(path, { force: true })
  },
  vmm: async (_resource, directory, layout) => {
    await killRecorded(layout, directory.path)
  },
}

/** Releases one resource of a VM. */
export function releaseResource(
  resource: Resource,
  directory: VmDirectory,
  layout: Layout,
): Promise<void> {
  const release = RELEASE[resource.kind] as Release<Resource['kind']>
  return release(resource, directory, layout)
}

export const uidLeasePath = (layout: Layout, uid: number) => join(uidLeasesDir(layout), String(uid))

/**
 * Makes a lease that says who holds it; false when it is taken. A hard link makes name and content
 * appear at once, so that a lease without a holder cannot exist.
 */
export async function makeLease(leasePath: string, contentPath: string): Promise<boolean> {
  try {
    await link(contentPath, leasePath)
    return true
  } catch (error) {
    if (hasErrno(error, 'EEXIST')) return false
    throw error
  }
}

async function leaseHolder(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined
    throw error
  }
}
