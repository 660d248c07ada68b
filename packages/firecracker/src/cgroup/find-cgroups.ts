import { readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { type Mount, mountsOfThisProcess } from '../mounts.ts'
import { CgroupError } from './errors.ts'

/** What limits a VM: how much it holds, computes, and how many threads it has. */
export const CONTROLLERS = ['memory', 'cpu', 'pids'] as const
export type Controller = (typeof CONTROLLERS)[number]

/** Where cgroups can be made. With version 2 the directories are one and the same. */
export interface CgroupParent {
  readonly version: 1 | 2
  /** The directory of the parent in the hierarchy of each controller; it need not exist. */
  readonly paths: Readonly<Record<Controller, string>>
  /** Where those hierarchies are mounted. */
  readonly mounts: Readonly<Record<Controller, string>>
}

/**
 * Finds where this process can have cgroups below a parent called `name`: with version 2 where it has
 * all controllers, else with version 1.
 *
 * With version 2 the parent lies beside the cgroup of this process, since one that has processes can
 * give no controllers to those below it; a systemd unit says `Delegate=yes` and `DelegateSubgroup=`, and
 * both are in the unit. With version 1 it lies below, and the limits of this process hold for it, too.
 *
 * Throws `CgroupError` `cgroup_unavailable`.
 */
export async function findCgroupParent(name: string): Promise<CgroupParent> {
  const [mounts, own] = await Promise.all([
    mountsOfThisProcess(),
    readFile('/proc/self/cgroup', 'utf8').catch(() => ''),
  ])
  return chooseCgroupParent(mounts, own, name)
}

/** The same for a process whose `/proc/self/cgroup` (cgroups(7)) is `own`. */
export async function chooseCgroupParent(
  mounts: readonly Mount[],
  own: string,
  name: string,
): Promise<CgroupParent> {
  const parent = (await findV2(mounts, own, name)) ?? findV1(mounts, own, name)
  if (parent !== undefined) return parent
  throw new CgroupError(
    'cgroup_unavailable',
    `neither version of cgroups has the controllers ${CONTROLLERS.join(', ')} here: boot with systemd.unified_cgroup_hierarchy=1`,
  )
}

async function findV2(
  mounts: readonly Mount[],
  own: string,
  name: string,
): Promise<CgroupParent | undefined> {
  const mount = mounts.find(({ type }) => type === 'cgroup2')
  if (mount === undefined) return undefined
  const file = join(mount.path, 'cgroup.controllers')
  const offered = (await readFile(file, 'utf8').catch(() => '')).trim().split(' ')
  if (!CONTROLLERS.every((controller) => offered.includes(controller))) return undefined
  const ownPath = below(mount, /^0::(.*)$/m.exec(own)?.[1])
  const path = join(ownPath === mount.path ? mount.path : dirname(ownPath), name)
  return { version: 2, paths: forAll(() => path), mounts: forAll(() => mount.path) }
}

function findV1(mounts: readonly Mount[], own: string, name: string): CgroupParent | undefined {
  const found = new Map<string, Mount>()
  for (const controller of CONTROLLERS) {
    const mount = mounts.find(
      ({ type, superOptions }) => type === 'cgroup' && superOptions.includes(controller),
    )
    if (mount === undefined) return undefined
    found.set(controller, mount)
  }
  const mountOf = (controller: Controller) => found.get(controller) as Mount
  return {
    version: 1,
    paths: forAll((controller) => {
      const line = new RegExp(`^\\d+:(?:[^:]*,)?${controller}(?:,[^:]*)?:(.*)$`, 'm')
      return join(below(mountOf(controller), line.exec(own)?.[1]), name)
    }),
    mounts: forAll((controller) => mountOf(controller).path),
  }
}

/** In a container only a part of the hierarchy may be mounted, and our own cgroup be its root. */
function below(mount: Mount, ownCgroup = '/'): string {
  const inside = relative(mount.root, ownCgroup)
  return inside.startsWith('..') ? mount.path : join(mount.path, inside)
}

function forAll(value: (controller: Controller) => string): Record<Controller, string> {
  return { memory: value('memory'), cpu: value('cpu'), pids: value('pids') }
}
