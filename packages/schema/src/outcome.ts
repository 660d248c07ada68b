import * as z from 'zod'

/** Where a workload is in its life, as HTTP and `--json` show it. */
export const Status = z.enum(['pending', 'running', 'completed', 'failed', 'killed'])
export type Status = z.infer<typeof Status>

/** One row of the table of outcomes. */
interface Outcome {
  /** The final status; null where a workload is refused before it is stored. */
  readonly status: 'completed' | 'failed' | 'killed' | null
  /** What `vulcan run` exits with; `program` stands for the program's own exit code. */
  readonly cliExitCode: number | 'program'
}

/**
 * The one table of outcomes. Its keys are the only vocabulary for why a workload ended: in results,
 * logs, metrics, manifests and documents.
 */
export const OUTCOMES = {
  exited: { status: 'completed', cliExitCode: 'program' },
  oom: { status: 'completed', cliExitCode: 'program' },
  timeout: { status: 'failed', cliExitCode: 124 },
  killed: { status: 'killed', cliExitCode: 130 },
  invalid_request: { status: null, cliExitCode: 125 },
  unsupported_runtime: { status: null, cliExitCode: 125 },
  unsupported_isolation: { status: null, cliExitCode: 125 },
  no_capacity: { status: null, cliExitCode: 125 },
  image_missing: { status: 'failed', cliExitCode: 125 },
  boot_failed: { status: 'failed', cliExitCode: 125 },
  network_failed: { status: 'failed', cliExitCode: 125 },
  no_space: { status: 'failed', cliExitCode: 125 },
  agent_unreachable: { status: 'failed', cliExitCode: 125 },
  agent_lost: { status: 'failed', cliExitCode: 125 },
  protocol_violation: { status: 'failed', cliExitCode: 125 },
  vmm_crashed: { status: 'failed', cliExitCode: 125 },
  owner_died: { status: 'failed', cliExitCode: 125 },
  shutdown: { status: 'killed', cliExitCode: 125 },
  internal: { status: 'failed', cliExitCode: 125 },
} as const satisfies Record<string, Outcome>

export const Reason = z.enum(Object.keys(OUTCOMES) as (keyof typeof OUTCOMES)[])
export type Reason = z.infer<typeof Reason>

/** The reasons that come with a result; every other one is an error of the VM or of the request. */
export const RESULT_REASONS = ['exited', 'oom', 'timeout', 'killed'] as const
export type ResultReason = (typeof RESULT_REASONS)[number]

/** The status of an accepted workload that ended for this reason; a refusal that comes late fails it. */
export function finalStatus(reason: Reason): 'completed' | 'failed' | 'killed' {
  return OUTCOMES[reason].status ?? 'failed'
}
