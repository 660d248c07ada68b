import type { IsolationStrength, VmmInfo } from '@vulcan/schema'

/** Locked in by Firecracker's jailer, whose path this is. */
export interface JailerConfinement {
  readonly kind: 'jailer'
  readonly jailerPath: string
}

/**
 * What keeps a VMM from what is not its VM's, where we are root: `itself` takes `--uid` and `--gid` for
 * the processes it starts (vulcan-vmm), `launcher` is confined by vulcan-launch, `none` runs as we do.
 */
export type Confinement = { readonly kind: 'itself' | 'launcher' | 'none' } | JailerConfinement

/** The VMM that this host uses, as its preflight chose it. */
export interface VmmProgram extends VmmInfo {
  readonly isolationStrength: IsolationStrength
  /** Absolute path; takes Firecracker's command line. */
  readonly binary: string
  /** What goes before Firecracker's own arguments. */
  readonly args: readonly string[]
  readonly confinement: Confinement
  /** How long one boot may take on an idle machine. */
  readonly bootTimeoutMs: number
}
