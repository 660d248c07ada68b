import { mkdir } from 'node:fs/promises'
import { checkJailBase, hostPath, locateJail, makeJail, placeInJail } from '@vulcan/firecracker'
import { jailsDir } from '../lifecycle/layout.ts'
import type { Vm, VmHost, VmNeeds } from '../vm.ts'
import type { JailerConfinement } from '../vmm-program.ts'
import { enterCgroup, vmmLimits } from './limits.ts'
import { leaseUser, networkArguments } from './parts.ts'
import type { Place } from './place.ts'

const API_SOCKET = '/api.sock'
const VSOCK = '/v.sock'

/**
 * A jail of Firecracker's jailer. It lies in the data directory, so that images need only a link.
 *
 * The sockets are in its root, whose parent stays ours: there nothing but their own names can become a
 * link. The cgroup is made here and entered before the jailer, which then makes none.
 */
export async function jailedPlace(
  host: VmHost,
  vm: Vm,
  needs: VmNeeds,
  { jailerPath }: JailerConfinement,
): Promise<Place> {
  const { layout, bootId, program } = host
  const cgroup = await enterCgroup(host, vm, needs, { required: true })
  const uid = await leaseUser(host, vm)
  const baseDir = jailsDir(layout, bootId)
  await mkdir(baseDir, { recursive: true, mode: 0o700 })
  await checkJailBase(baseDir)
  const { id } = vm.holding
  const jail = await locateJail({ baseDir, execFile: program.binary, id, uid, gid: uid })
  vm.manifest.record({ kind: 'jail', path: jail.path, uid })
  await makeJail(jail)
  const read = (source: string, name: string) => placeInJail(jail, { source, name, access: 'read' })
  return {
    uid,
    socketOwner: uid,
    udsPath: hostPath(jail, VSOCK),
    udsPathInside: VSOCK,
    admit: async ({ kernelPath, initrdPath, rootfsPath, scratchPath }) => ({
      kernelPath: await read(kernelPath, 'vmlinux'),
      initrdPath: await read(initrdPath, 'initrd'),
      rootfsPath: await read(rootfsPath, 'rootfs.ext4'),
      scratchPath: await placeInJail(jail, {
        source: scratchPath,
        name: 'scratch.ext4',
        access: 'write',
      }),
    }),
    start: (slot) => ({
      binary: jail.execFile,
      args: program.args,
      launchArgs: [...cgroup, ...networkArguments(slot, uid), '--rlimit', 'core=0'],
      apiSocketPath: hostPath(jail, API_SOCKET),
      socketOwner: uid,
      jail: {
        jailerPath,
        jail,
        apiSocketInside: API_SOCKET,
        options: vmmLimits(host, needs),
      },
    }),
  }
}
