/** What a step takes on a machine that has nothing of it, measured with 2 cores. */
export interface Estimate {
  readonly downloadMib: number
  readonly diskMib: number
  readonly seconds: number
}

export interface StepContext {
  readonly signal: AbortSignal
  /** Tells what the step is doing, in a few words. */
  readonly report: (detail: string) => void
  /** Tells what came of the step, where it is not what its name says. */
  readonly conclude: (outcome: string) => void
}

/** One thing that must be there. A step that was interrupted leaves nothing that counts as done. */
export interface Step {
  readonly name: string
  readonly estimate: Estimate
  /** Cheap, and true only when what `run` makes is there and made of today's sources. */
  isDone(): Promise<boolean>
  run(context: StepContext): Promise<void>
}
