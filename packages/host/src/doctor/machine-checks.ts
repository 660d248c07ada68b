import { constants, open, readFile } from 'node:fs/promises'
import {
  availableDiskMib,
  availableMemoryMib,
  DirectoryError,
  type FirecrackerConfig,
  type Layout,
  makeUsable,
  OwnerError,
  prepareRunDir,
} from '@vulcan/backend-firecracker'
import type { Settings } from '../settings.ts'
import { type Check, type Finding, fail, ok, warn } from './check.ts'

/** What QEMU takes beside the guest's own memory. */
const VMM_MIB = 128

/** What the machine itself must have, whichever VMM is used. */
export function machineChecks({ layout, config }: Settings): Check[] {
  const isRoot = process.getuid?.() === 0
  return [
    { code: 'data_directory', run: () => checkDataDirectory(layout) },
    { code: 'run_directory', run: () => checkRunDirectory(layout) },
    { code: 'disk', needs: ['data_directory'], run: () => checkDisk(layout.homeDir, config) },
    { code: 'memory', run: () => checkMemory(config) },
    { code: 'rights', run: async () => checkRights(isRoot) },
    { code: 'user_namespaces', run: () => checkUserNamespaces(isRoot) },
    { code: 'cgroups', run: checkCgroups },
    { code: 'tun', run: checkTun },
  ]
}

function checkDataDirectory({ homeDir }: Layout): Promise<Finding> {
  return usable(`${homeDir} can be written`, () => makeUsable(homeDir, 'VULCAN_HOME', 0o755))
}

function checkRunDirectory(layout: Layout): Promise<Finding> {
  return usable(`${layout.runDir} can be written, by this user only`, () => prepareRunDir(layout))
}

async function usable(finding: string, make: () => Promise<void>): Promise<Finding> {
  try {
    await make()
    return ok(finding)
  } catch (error) {
    if (error instanceof DirectoryError) {
      const { path, problem, variable } = error
      const remedy = `give it to this user, or set ${variable} to another directory`
      return fail(`${path} cannot be written (${problem})`, remedy)
    }
    if (!(error instanceof OwnerError)) throw error
    const [problem = '', remedy = ''] = error.message.split(': ')
    return fail(problem, remedy)
  }
}

async function checkDisk(path: string, config: FirecrackerConfig): Promise<Finding> {
  const { scratchMib, maxConcurrentVms } = config
  const freeMib = await availableDiskMib(path)
  const vms = Math.floor(freeMib / scratchMib)
  const finding = `${freeMib} MiB free below ${path}; a VM may fill a scratch drive of ${scratchMib} MiB`
  const remedy =
    'free some disk, set VULCAN_HOME to where there is more, or VULCAN_FC_SCRATCH_MIB to less'
  if (vms === 0) return fail(finding, remedy)
  if (vms >= maxConcurrentVms) return ok(finding)
  return warn(`${finding}: ${vms} at once, not the ${maxConcurrentVms} allowed`, remedy)
}

async function checkMemory({ defaultMemMib }: FirecrackerConfig): Promise<Finding> {
  const availableMib = await availableMemoryMib()
  const finding = `${availableMib} MiB available; a VM has ${defaultMemMib} MiB, its VMM up to ${VMM_MIB} more`
  const remedy = 'end something, or make VMs smaller with VULCAN_FC_DEFAULT_MEM_MB'
  if (availableMib >= defaultMemMib + VMM_MIB) return ok(finding)
  return availableMib >= defaultMemMib ? warn(finding, remedy) : fail(finding, remedy)
}

function checkRights(isRoot: boolean) {
  if (isRoot) return ok('root: each VM gets a user of its own')
  return warn(
    'not root: VMs run as this user',
    'run Vulcan as root where VMs must be kept apart by users of their own',
  )
}

async function checkUserNamespaces(isRoot: boolean) {
  const path = '/proc/sys/user/max_user_namespaces'
  const most = Number(await readFile(path, 'utf8').catch(() => '0'))
  const restricted = await readFile(
    '/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
    'utf8',
  ).catch(() => '0')
  if (most > 0 && (isRoot || restricted.trim() === '0')) return ok(`allowed (${most} at most)`)
  if (isRoot) return ok('not allowed, and not needed by root')
  return fail(
    'not allowed for this user, who needs them to jail a VMM',
    'run as root, or "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0 user.max_user_namespaces=10000"',
  )
}

async function checkCgroups() {
  try {
    const controllers = (await readFile('/sys/fs/cgroup/cgroup.controllers', 'utf8')).trim()
    return ok(`version 2 with ${controllers === '' ? 'no controllers' : controllers}`)
  } catch {
    return warn(
      'version 2 is not mounted at /sys/fs/cgroup',
      'boot with systemd.unified_cgroup_hierarchy=1: VMs cannot be limited by cgroups without it',
    )
  }
}

async function checkTun(): Promise<Finding> {
  try {
    await using _device = await open('/dev/net/tun', constants.O_RDWR)
    return ok('/dev/net/tun can be opened')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error
    return warn(
      `/dev/net/tun cannot be opened (${code}), so no VM can have a network`,
      '"modprobe tun" as root, or give this user access',
    )
  }
}
