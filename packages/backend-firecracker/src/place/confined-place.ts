import { mkdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { BackendError } from '@vulcan/backend'
import type { Vm, VmHost, VmNeeds } from '../vm.ts'
import { groupsFor, KVM, TUN } from './device-groups.ts'
import { enterCgroup, vmmLimits } from './limits.ts'
import { leaseUser, makeVsockDir, networkArguments } from './parts.ts'
import type { Place, VmFiles } from './place.ts'

/**
 * A root of the VMM's own, which vulcan-launch makes: its program, its VM's files under their own
 * paths, and devices, for a leased user without privileges. For a Firecracker without its jailer.
 */
export async function confinedPlace(host: VmHost, vm: Vm, needs: VmNeeds): Promise<Place> {
  const { holding } = vm
  const devices = needs.network === 'none' ? [KVM] : [KVM, TUN]
  const groups = await groupsFor(devices)
  const cgroup = await enterCgroup(host, vm, needs, { required: false })
  const uid = await leaseUser(host, vm)
  await makeVsockDir(vm, uid)
  const rootDir = join(holding.path, 'root')
  await mkdir(rootDir, { mode: 0o700 })
  const binary = await realpath(host.program.binary)
  const binds = [bind(binary), bind(holding.vsockDir, 'rw')]
  for (const { path } of devices) binds.push(bind(path, 'dev'))
  return {
    uid,
    socketOwner: uid,
    udsPath: holding.udsPath,
    udsPathInside: holding.udsPath,
    async admit(files) {
      binds.push(...fileBinds(files))
      return files
    },
    start: (slot) => ({
      binary,
      args: [...host.program.args, '--id', holding.id],
      launchArgs: [
        ...[...cgroup, ...networkArguments(slot, uid)],
        ...['--root', rootDir, ...binds.flat()],
        ...['--uid', String(uid), '--gid', String(uid)],
        ...groups.flatMap((group) => ['--group', String(group)]),
        ...limitArguments(host, needs),
      ],
      apiSocketPath: join(holding.vsockDir, 'api.sock'),
      socketOwner: uid,
    }),
  }
}

/** Under its own path, so that nobody has to translate. */
function bind(path: string, access?: 'rw' | 'dev'): string[] {
  if (path.includes(':')) {
    throw new BackendError(
      'boot_failed',
      `${path} has a colon in it, which vulcan-launch takes for the end of a path: set VULCAN_HOME, VULCAN_RUN, or what names this file, to a path without one`,
    )
  }
  return ['--bind', access === undefined ? `${path}:${path}` : `${path}:${path}:${access}`]
}

function fileBinds({ kernelPath, initrdPath, rootfsPath, scratchPath }: VmFiles): string[][] {
  return [bind(kernelPath), bind(initrdPath), bind(rootfsPath), bind(scratchPath, 'rw')]
}

function limitArguments(host: VmHost, needs: VmNeeds): string[] {
  const { openFilesMax, fileSizeBytesMax } = vmmLimits(host, needs)
  const limits = ['core=0', `nofile=${openFilesMax}`, `fsize=${fileSizeBytesMax}`]
  return limits.flatMap((limit) => ['--rlimit', limit])
}
