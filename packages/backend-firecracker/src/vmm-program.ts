import type { IsolationStrength, VmmInfo } from '@vulcan/schema'

/** The VMM that this host uses, as its preflight chose it. */
export interface VmmProgram extends VmmInfo {
  readonly isolationStrength: IsolationStrength
  /** Absolute path; takes Firecracker's command line. */
  readonly binary: string
  /** What goes before Firecracker's own arguments. */
  readonly args: readonly string[]
  /** Whether it takes `--uid` and `--gid` for the processes it starts. */
  readonly takesUid: boolean
  /** How long one boot may take on an idle machine. */
  readonly bootTimeoutMs: number
}
