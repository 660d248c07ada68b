import { access, constants, mkdir, readFile, statfs } from 'node:fs/promises'
import type { FirecrackerConfig, Layout } from '@vulcan/backend-firecracker'
import { type Check, fail, ok, warn } from './check.ts'

const MIB_BYTES = 1024 ** 2
/** What QEMU takes beside the guest's own memory. */
const VMM_MIB = 128
/** A scratch drive is sparse, but a program may fill it. */
const DISK_MIB_LOW = 2048
const DISK_MIB_MIN = 64

/** What the machine itself must have, whichever VMM is used. */
export function machineChecks(layout: Layout, config: FirecrackerConfig): Check[] {
  const isRoot = process.getuid?.() === 0
  return [
    { code: 'data_directory', run: () => checkDirectory(layout.homeDir, 'VULCAN_HOME') },
    { code: 'disk', run: () => checkDisk(layout.homeDir) },
    { code: 'memory', run: () => checkMemory(config) },
    { code: 'rights', run: async () => checkRights(isRoot) },
    { code: 'user_namespaces', run: () => checkUserNamespaces(isRoot) },
    { code: 'cgroups', run: checkCgroups },
    { code: 'tun', run: checkTun },
  ]
}

async function checkDirectory(path: string, variable: string) {
  try {
    await mkdir(path, { recursive: true })
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK)
    return ok(`${path} can be written`)
  } catch (error) {
    return fail(
      `${path} cannot be written (${String(error)})`,
      `give it to this user, or set ${variable}`,
    )
  }
}

async function checkDisk(path: string) {
  const { bavail, bsize } = await statfs(path)
  const freeMib = Math.floor((bavail * bsize) / MIB_BYTES)
  const finding = `${freeMib} MiB free below ${path}`
  const remedy = 'free some disk, or set VULCAN_HOME to where there is more'
  if (freeMib < DISK_MIB_MIN) return fail(finding, remedy)
  return freeMib < DISK_MIB_LOW ? warn(finding, remedy) : ok(finding)
}

async function checkMemory({ defaultMemMib }: FirecrackerConfig) {
  const meminfo = await readFile('/proc/meminfo', 'utf8')
  const availableMib = Math.floor(Number(/^MemAvailable: +(\d+) kB$/m.exec(meminfo)?.[1]) / 1024)
  const neededMib = defaultMemMib + VMM_MIB
  const finding = `${availableMib} MiB available, a VM takes up to ${neededMib} MiB`
  if (availableMib >= neededMib) return ok(finding)
  return fail(finding, 'end something, or make VMs smaller with VULCAN_FC_DEFAULT_MEM_MB')
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

async function checkTun() {
  try {
    await access('/dev/net/tun', constants.R_OK | constants.W_OK)
    return ok('/dev/net/tun can be opened')
  } catch {
    return warn(
      '/dev/net/tun cannot be opened, so no VM can have a network',
      '"modprobe tun" as root, or give this user access',
    )
  }
}
