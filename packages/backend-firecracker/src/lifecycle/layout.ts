import { join } from 'node:path'

/** Where a host keeps what it must be able to find again. Absolute paths. */
export interface Layout {
  /** Data that outlives a reboot: artefacts and scratch drives. */
  readonly homeDir: string
  /** Sockets, manifests, locks and leases; gone after a reboot. Mode 0700. */
  readonly runDir: string
  /** The programs that are ours: vulcan-launch, vulcan-vmm and the like. */
  readonly libexecDir: string
}

export const launchPath = (layout: Layout) => join(layout.libexecDir, 'vulcan-launch')
export const ownersDir = (layout: Layout) => join(layout.runDir, 'owners')
export const vmsDir = (layout: Layout) => join(layout.runDir, 'vms')
export const uidLeasesDir = (layout: Layout) => join(layout.runDir, 'leases', 'uid')
export const scratchRootDir = (layout: Layout) => join(layout.homeDir, 'scratch')

/** Scratch drives carry the boot in their path, so that a reboot makes all older ones garbage. */
export const scratchDir = (layout: Layout, bootId: string) => join(scratchRootDir(layout), bootId)

export const lockPath = (layout: Layout, ownerId: string) =>
  join(ownersDir(layout), `${ownerId}.lock`)

/**
 * The directory of one VM. Its name carries the owner, so that one `rename` hands the VM over and
 * whoever comes second finds nothing.
 */
export class VmDirectory {
  readonly vmId: string
  readonly ownerId: string
  readonly path: string

  constructor(layout: Layout, vmId: string, ownerId: string) {
    this.vmId = vmId
    this.ownerId = ownerId
    this.path = join(vmsDir(layout), `${vmId}.${ownerId}`)
  }

  /** The directory behind a name in `vms/`; undefined for a name that is not one. */
  static parse(layout: Layout, name: string): VmDirectory | undefined {
    const [vmId, ownerId, ...more] = name.split('.')
    if (vmId === undefined || ownerId === undefined || more.length > 0) return undefined
    return new VmDirectory(layout, vmId, ownerId)
  }

  get manifestPath(): string {
    return join(this.path, 'manifest.ndjson')
  }
  get recordPath(): string {
    return join(this.path, 'vmm.pid')
  }
  get apiSocketPath(): string {
    return join(this.path, 'api.sock')
  }
  /** The one directory that the VMM's own user may write. */
  get vsockDir(): string {
    return join(this.path, 'vsock')
  }
  get udsPath(): string {
    return join(this.vsockDir, 'v.sock')
  }
}
