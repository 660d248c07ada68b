import { VulcanError } from '@vulcan/schema'
import { describePlan } from './plan.ts'
import { type Output, Progress } from './progress.ts'
import type { Step } from './step.ts'

/** A step that takes longer than this, and so many times what was estimated, hangs. */
const STEP_LIMIT_MIN_MS = 30 * 60_000
const STEP_LIMIT_ESTIMATES = 10

/** A step did not end. */
export class StepTimeoutError extends VulcanError<'step_timeout'> {
  readonly step: string

  constructor(step: string, limitMs: number, options?: ErrorOptions) {
    const minutes = Math.round(limitMs / 60_000)
    super(
      'step_timeout',
      `${step}: not done after ${minutes} minutes; see whether the network works, and run it again`,
      options,
    )
    this.step = step
  }
}

export interface SetUpOptions {
  readonly home: string
  readonly signal: AbortSignal
  readonly output: Output
}

/**
 * Makes what is missing, one step after the other, after saying what that will take.
 *
 * Throws `StepTimeoutError` (`step_timeout`), what a step throws, or the signal's reason.
 */
export async function setUp(
  steps: readonly Step[],
  { home, signal, output }: SetUpOptions,
): Promise<void> {
  const missing = await Array.fromAsync(missingOf(steps))
  if (missing.length === 0) {
    output.write('Set-up: everything is there.\n')
    return
  }
  output.write(`${describePlan(missing, home)}\n`)
  for (const step of missing) await runStep(step, signal, output)
}

async function* missingOf(steps: readonly Step[]): AsyncGenerator<Step> {
  for (const step of steps) if (!(await step.isDone())) yield step
}

async function runStep(step: Step, interrupted: AbortSignal, output: Output): Promise<void> {
  const estimateMs = step.estimate.seconds * 1000
  const limitMs = Math.max(STEP_LIMIT_MIN_MS, STEP_LIMIT_ESTIMATES * estimateMs)
  const limit = AbortSignal.timeout(limitMs)
  const signal = AbortSignal.any([interrupted, limit])
  using progress = new Progress(step.name, output)
  try {
    await step.run({
      signal,
      report: (detail) => progress.report(detail),
      conclude: (outcome) => progress.conclude(outcome),
    })
  } catch (error) {
    if (limit.aborted && error === limit.reason) throw new StepTimeoutError(step.name, limitMs)
    throw error
  }
  progress.finish()
}
