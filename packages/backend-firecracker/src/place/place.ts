import type { StartVmmOptions } from '@vulcan/firecracker'
import type { HeldSlot } from '../networks.ts'
import type { Vm, VmHost, VmNeeds } from '../vm.ts'
import { confinedPlace } from './confined-place.ts'
import { jailedPlace } from './jailed-place.ts'
import { ownPlace } from './own-place.ts'

/** The files of a VM. */
export interface VmFiles {
  readonly kernelPath: string
  readonly initrdPath: string
  readonly rootfsPath: string
  readonly scratchPath: string
}

/** How a VMM is started in its place. */
export type PlacedStart = Pick<StartVmmOptions, 'binary' | 'apiSocketPath'> &
  Partial<Pick<StartVmmOptions, 'args' | 'launchArgs' | 'socketOwner' | 'jail'>>

/**
 * Where a VM's files are for the host and for its VMM: in the VM's directory, in a root of the VMM's
 * own that vulcan-launch makes, or in a jail.
 */
export interface Place {
  /** Whose the VMM's drives are; undefined: ours. */
  readonly uid: number | undefined
  /** Whose the VMM's sockets are, where it is to be mistrusted; undefined: ours. */
  readonly socketOwner: number | undefined
  /** The vsock's socket, as the host finds it. */
  readonly udsPath: string
  /** The same, as the VMM finds it. */
  readonly udsPathInside: string
  /** Lets the VMM have these files, and gives its own paths of them. */
  admit(files: VmFiles): Promise<VmFiles>
  /** To be asked when everything else is there. */
  start(slot: HeldSlot | undefined): PlacedStart
}

/** Makes the place of a VM. What it makes is in the manifest before. */
export function makePlace(host: VmHost, vm: Vm, needs: VmNeeds): Promise<Place> {
  const { confinement } = host.program
  if (confinement.kind === 'jailer') return jailedPlace(host, vm, needs, confinement)
  // Only root can give a VMM another user.
  const isRoot = process.getuid?.() === 0
  return confinement.kind === 'launcher' && isRoot
    ? confinedPlace(host, vm, needs)
    : ownPlace(host, vm)
}
