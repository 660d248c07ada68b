import type { Vm, VmHost } from '../vm.ts'
import { leaseUser, makeVsockDir, networkArguments } from './parts.ts'
import type { Place } from './place.ts'

/** The VM's directory, for a VMM that runs as we do, or confines its processes itself. */
export async function ownPlace(host: VmHost, vm: Vm): Promise<Place> {
  const { holding } = vm
  const { program } = host
  const givesUser = program.confinement.kind === 'itself' && process.getuid?.() === 0
  const uid = givesUser ? await leaseUser(host, vm) : undefined
  await makeVsockDir(vm, uid)
  const user = uid === undefined ? [] : ['--uid', String(uid), '--gid', String(uid)]
  return {
    uid,
    // vulcan-vmm is ours, and only its children are somebody else.
    socketOwner: undefined,
    udsPath: holding.udsPath,
    udsPathInside: holding.udsPath,
    admit: async (files) => files,
    start: (slot) => ({
      binary: program.binary,
      args: [...program.args, ...user, '--id', holding.id],
      launchArgs: slot === undefined ? [] : networkArguments(slot),
      apiSocketPath: holding.apiSocketPath,
    }),
  }
}
