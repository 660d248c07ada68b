import type { VmmExit, VmmProcess } from '@vulcan/firecracker'
import type { NetworkMode, WorkloadSpec } from '@vulcan/schema'
import type { FirecrackerConfig } from './config.ts'
import type { Holding } from './lifecycle/holding.ts'
import type { Journal } from './lifecycle/journal.ts'
import type { Layout } from './lifecycle/layout.ts'
import type { Manifest } from './lifecycle/manifest.ts'
import type { HeldSlot, Networks } from './networks.ts'
import type { PreparedRun } from './prepare-run.ts'
import type { Step } from './steps.ts'
import type { Timeline } from './timeline.ts'
import type { VmWatcher } from './vm-watcher.ts'
import type { VmmProgram } from './vmm-program.ts'

/** What is the same for every VM of a backend. */
export interface VmHost {
  readonly config: FirecrackerConfig
  readonly layout: Layout
  readonly program: VmmProgram
  readonly networks: Networks
  readonly bootId: string
  readonly watcher?: VmWatcher
  /** Told each step of a VM, for a trace; it neither throws nor waits. */
  readonly onStep?: (step: Step) => void
}

/** What a VM must be, whatever runs in it. */
export type VmNeeds = Pick<WorkloadSpec, 'runtime'> &
  Partial<Pick<WorkloadSpec, 'cpus' | 'memMib'>> & { readonly network: NetworkMode }

/** One VM; each step of its way adds what it made. */
export interface Vm {
  readonly cid: number
  readonly holding: Holding
  readonly manifest: Manifest
  readonly journal: Journal
  /** Whether it was started before its workload came. */
  readonly pooled: boolean
  /** What is open until its release. */
  readonly held: DisposableStack
  /** Of the workload that has it now, or of the pool in which it waits; so is `signal`. */
  timeline: Timeline
  /** Ends what is done with it: the caller's abort, `cleanup` and `shutdown` alike. */
  signal: AbortSignal
  /** Where its vsock is connected to. */
  udsPath: string
  /** Whether its directory is there. */
  opened: boolean
  /** Set once its network is being made. */
  network: Promise<HeldSlot> | undefined
  /** Set once the VMM runs. */
  process: VmmProcess | undefined
  /** Set once the VMM has ended. */
  exit: VmmExit | undefined
  /** What its agent speaks, known when it is ready. */
  agent: 'typed' | 'untyped'
  /** The run that its agent has prepared, for which nothing but the request is missing. */
  prepared: PreparedRun | undefined
}
