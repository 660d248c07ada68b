import { join } from 'node:path'
import type { Layout } from './layout.ts'

/**
 * What holds resources: VMs, and the networks that wait for one or serve one. A recovery releases
 * them in this order, since a VM uses its network.
 */
export const HOLDING_KINDS = ['vms', 'slots'] as const
export type HoldingKind = (typeof HOLDING_KINDS)[number]

export const holdingsDir = (layout: Layout, kind: HoldingKind) => join(layout.runDir, kind)

/**
 * A directory with a manifest of what it holds. Its name carries the owner, so that one `rename`
 * hands everything over and whoever comes second finds nothing.
 */
export class Holding {
  readonly kind: HoldingKind
  readonly id: string
  readonly ownerId: string
  readonly path: string
  /** The same whoever owns it: what its leases carry. */
  readonly name: string

  constructor(layout: Layout, kind: HoldingKind, id: string, ownerId: string) {
    this.kind = kind
    this.id = id
    this.ownerId = ownerId
    this.name = join(holdingsDir(layout, kind), id)
    this.path = `${this.name}.${ownerId}`
  }

  /** The holding behind the name of a directory; undefined for a name that is not one. */
  static parse(layout: Layout, kind: HoldingKind, name: string): Holding | undefined {
    const [id, ownerId, ...more] = name.split('.')
    if (id === undefined || ownerId === undefined || more.length > 0) return undefined
    return new Holding(layout, kind, id, ownerId)
  }

  get manifestPath(): string {
    return join(this.path, 'manifest.ndjson')
  }
  /** Who the VMM is: pid, start time and boot, written by vulcan-launch. */
  get recordPath(): string {
    return join(this.path, 'vmm.pid')
  }
  /** What happened to the VM so far. */
  get journalPath(): string {
    return join(this.path, 'journal.ndjson')
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
