import type { RunReport } from '@vulcan/host'
import type { WorkloadEvent, WorkloadSpecInput } from '@vulcan/schema'
import type { Interruption } from './interruption.ts'
import type { Narrator } from './terminal.ts'
import type { Trace } from './trace.ts'

/** What is to be run, as the command line says it. */
export type RunRequest = Omit<WorkloadSpecInput, 'id'>

/** Is awaited before more of the output is taken. */
export type OnEvent = (event: WorkloadEvent) => void | Promise<void>

export interface RunContext {
  /** Ends the workload. */
  readonly interruption: Interruption
  readonly narrator: Narrator
  /** Gets the steps of the run, the last ones when it is disposed. */
  readonly trace?: Trace | undefined
}

/** A workload that has its place. Disposing waits for what it holds there. */
export interface PreparedRun extends AsyncDisposable {
  /** Whatever becomes of the workload is a report, the same wherever it ran. */
  run(onEvent: OnEvent | undefined): Promise<RunReport>
}
