import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '@vulcan/schema'
import { CgroupError } from './errors.ts'
import { type CgroupParent, CONTROLLERS, type Controller } from './find-cgroups.ts'

export interface CgroupLimits {
  readonly memoryBytesMax: number
  /** In processors: 1.5 is one and a half. */
  readonly cpusMax: number
  /** Threads count. */
  readonly pidsMax: number
}

/** The kernel's default. */
const CPU_PERIOD_US = 100_000
/** How long a cgroup may still have processes that got SIGKILL. */
const EMPTY_WAIT_MS = 10_000
const LOOK_EVERY_MS = 20

/** The directories of a cgroup: with version 2 one, else one of each hierarchy. */
export function cgroupPaths(parent: CgroupParent, id: string): string[] {
  return [...new Set(CONTROLLERS.map((controller) => join(parent.paths[controller], id)))]
}

/**
 * Makes a cgroup with its limits; a process enters it through the `cgroup.procs` of each of its
 * directories. Throws `CgroupError` `cgroup_failed`.
 */
export async function makeCgroup(
  parent: CgroupParent,
  id: string,
  limits: CgroupLimits,
): Promise<void> {
  try {
    for (const path of new Set(Object.values(parent.paths))) await mkdir(path, { recursive: true })
    if (parent.version === 2) await giveControllers(parent)
    for (const path of cgroupPaths(parent, id)) await mkdir(path)
    for (const [controller, file, value] of valuesOf(parent.version, limits)) {
      await writeFile(join(parent.paths[controller], id, file), value)
    }
  } catch (cause) {
    throw new CgroupError(
      'cgroup_failed',
      `the cgroup ${id} could not be made (${messageOf(cause)}): Vulcan must be root, with cgroups that it may write below ${parent.paths.memory}`,
      { cause },
    )
  }
}

/**
 * Removes one directory of a cgroup, and waits a little for processes in it that are about to end.
 * Content with what is gone already. Throws `CgroupError` `cgroup_failed`.
 */
export async function removeCgroup(path: string): Promise<void> {
  const deadlineMs = performance.now() + EMPTY_WAIT_MS
  for (;;) {
    try {
      await rmdir(path)
      return
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      if (code === 'ENOENT') return
      if (code !== 'EBUSY' || performance.now() > deadlineMs) {
        throw new CgroupError('cgroup_failed', `${path} stays: ${messageOf(cause)}`, { cause })
      }
    }
    await delay(LOOK_EVERY_MS)
  }
}

function valuesOf(
  version: 1 | 2,
  { memoryBytesMax, cpusMax, pidsMax }: CgroupLimits,
): readonly (readonly [Controller, string, string])[] {
  const quotaUs = Math.round(cpusMax * CPU_PERIOD_US)
  if (version === 2) {
    return [
      ['memory', 'memory.max', String(memoryBytesMax)],
      ['cpu', 'cpu.max', `${quotaUs} ${CPU_PERIOD_US}`],
      ['pids', 'pids.max', String(pidsMax)],
    ]
  }
  return [
    ['memory', 'memory.limit_in_bytes', String(memoryBytesMax)],
    ['cpu', 'cpu.cfs_period_us', String(CPU_PERIOD_US)],
    ['cpu', 'cpu.cfs_quota_us', String(quotaUs)],
    ['pids', 'pids.max', String(pidsMax)],
  ]
}

/**
 * From the root of the hierarchy down, since a cgroup can only give what it was given. What an
 * ancestor has given already it need not let us write again.
 */
async function giveControllers({ paths, mounts }: CgroupParent): Promise<void> {
  const ways: string[] = []
  for (let at = paths.memory; at.startsWith(mounts.memory); at = dirname(at)) ways.unshift(at)
  for (const path of ways) {
    const file = join(path, 'cgroup.subtree_control')
    const given = (await readFile(file, 'utf8')).trim().split(' ')
    const missing = CONTROLLERS.filter((controller) => !given.includes(controller))
    if (missing.length === 0) continue
    await writeFile(file, missing.map((controller) => `+${controller}`).join(' '))
  }
}
