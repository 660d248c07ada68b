import type { Idempotency } from '@vulcan/engine'
import type { Workload, WorkloadBody } from '@vulcan/schema'
import type { Caller } from '../access/caller.ts'
import type { Context } from '../context.ts'
import { toSpec } from './to-spec.ts'

export interface Submitted {
  readonly caller: Caller
  readonly body: WorkloadBody
  readonly idempotency: Idempotency | undefined
}

/**
 * Hands a workload to the engine for its caller; resolves when it is accepted, or with the earlier
 * one of its idempotency key. Throws `HttpProblem`, or what `Engine.submit` throws.
 */
export async function submit(
  { engine, authenticator, defaults }: Context,
  { caller, body, idempotency }: Submitted,
): Promise<Workload> {
  const spec = toSpec(body)
  const { cpus = defaults.cpus, memMib = defaults.memMib, network = defaults.network } = spec
  const { workload } = await engine.submit(spec, {
    owner: caller.owner,
    priority: body.priority,
    maxConcurrent: caller.quota.maxConcurrent,
    idempotency,
    admit: () => authenticator.admitSubmission(caller, { cpus, memMib, network }),
  })
  return workload
}
