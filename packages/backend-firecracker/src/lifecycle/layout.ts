import { join } from 'node:path'

/** Where a host keeps what it must be able to find again. Absolute paths. */
export interface Layout {
  /** Data that outlives a reboot: artefacts, scratch drives, how VMs ended. */
  readonly homeDir: string
  /** Sockets, manifests and locks; gone after a reboot. Mode 0700. */
  readonly runDir: string
  /** What must be unique on the whole machine, so the same for all hosts on it; gone after a reboot. */
  readonly leasesDir: string
  /** The programs that are ours: vulcan-launch, vulcan-vmm and the like. */
  readonly libexecDir: string
}

/** The parent of all VMs' cgroups. */
export const CGROUP_PARENT = 'vulcan'

export const launchPath = (layout: Layout) => join(layout.libexecDir, 'vulcan-launch')
export const ownersDir = (layout: Layout) => join(layout.runDir, 'owners')
export const scratchRootDir = (layout: Layout) => join(layout.homeDir, 'scratch')
export const jailsRootDir = (layout: Layout) => join(layout.homeDir, 'jail')
export const endedDir = (layout: Layout) => join(layout.homeDir, 'ended')

/** Scratch drives carry the boot in their path, so that a reboot makes all older ones garbage. */
export const scratchDir = (layout: Layout, bootId: string) => join(scratchRootDir(layout), bootId)

/** The same for jails, in a few letters, since sockets lie in them. */
export const jailsDir = (layout: Layout, bootId: string) =>
  join(jailsRootDir(layout), bootDirName(bootId))
export const bootDirName = (bootId: string) => bootId.slice(0, 8)

export const lockPath = (layout: Layout, ownerId: string) =>
  join(ownersDir(layout), `${ownerId}.lock`)
