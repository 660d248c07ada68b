import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import {
  type CgroupParent,
  cgroupPaths,
  checkJailBase,
  findCgroupParent,
  makeCgroup,
  removeCgroup,
} from '@vulcan/firecracker'
import { CGROUP_PARENT, jailsRootDir, type Layout } from '../lifecycle/layout.ts'

/**
 * Looks whether VMs can have jails: a file system that takes them, and cgroups, of which one is made
 * and removed. Resolves to the version of the cgroups. Throws `JailError` or `CgroupError`.
 */
export async function checkJails(layout: Layout): Promise<CgroupParent['version']> {
  const baseDir = jailsRootDir(layout)
  await mkdir(baseDir, { recursive: true, mode: 0o700 })
  await checkJailBase(baseDir)
  const parent = await findCgroupParent(CGROUP_PARENT)
  const id = `check-${randomUUID()}`
  try {
    await makeCgroup(parent, id, { memoryBytesMax: 1024 ** 2, cpusMax: 1, pidsMax: 1 })
  } finally {
    for (const path of cgroupPaths(parent, id)) await removeCgroup(path)
  }
  return parent.version
}
