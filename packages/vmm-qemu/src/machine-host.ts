import type { Accelerator, Identity } from './command-line.ts'
import type { Programs } from './programs.ts'
import type { RunDir } from './run-dir.ts'

/** What a machine is started with, beside its configuration. */
export interface MachineHost {
  readonly programs: Programs
  readonly runDir: RunDir
  /** Undefined: as the caller, who is not root. */
  readonly identity: Identity | undefined
  readonly accelerator: Accelerator
}
