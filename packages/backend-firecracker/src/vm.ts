import type { VmmExit, VmmProcess } from '@vulcan/firecracker'
import type { WorkloadSpec } from '@vulcan/schema'
import type { FirecrackerConfig } from './config.ts'
import type { Layout, VmDirectory } from './lifecycle/layout.ts'
import type { Manifest } from './lifecycle/manifest.ts'
import type { Timeline } from './timeline.ts'
import type { VmmProgram } from './vmm-program.ts'

/** What is the same for every VM of a backend. */
export interface VmHost {
  readonly config: FirecrackerConfig
  readonly layout: Layout
  readonly program: VmmProgram
  readonly bootId: string
}

/** What a VM must be, whatever runs in it. */
export type VmNeeds = Pick<WorkloadSpec, 'runtime'> & Partial<Pick<WorkloadSpec, 'cpus' | 'memMib'>>

/** One VM; each step of its way adds what it made. */
export interface Vm {
  readonly cid: number
  readonly directory: VmDirectory
  readonly manifest: Manifest
  readonly timeline: Timeline
  /** Ends the VM's workload: the caller's abort, `cleanup` and `shutdown` alike. */
  readonly signal: AbortSignal
  /** Set once the VMM runs. */
  process: VmmProcess | undefined
  /** Set once the VMM has ended. */
  exit: VmmExit | undefined
}
