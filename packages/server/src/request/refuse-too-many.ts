import { WORKLOAD_LIMITS } from '@vulcan/schema'
import type { FastifyRequest } from 'fastify'
import { HttpProblem } from '../http-problem.ts'

const LIMITS = { args: WORKLOAD_LIMITS.args, env: WORKLOAD_LIMITS.envVariables } as const

/**
 * A hook that counts before a schema looks at each: what is wrong ten thousand times takes seconds to
 * say.
 */
export async function refuseTooMany({ body }: FastifyRequest): Promise<void> {
  if (typeof body !== 'object' || body === null) return
  for (const [field, most] of Object.entries(LIMITS)) {
    const value: unknown = Reflect.get(body, field)
    const count = typeof value === 'object' && value !== null ? Object.keys(value).length : 0
    if (count > most) {
      const detail = `${field}: must be at most ${most}, and there are ${count}`
      throw new HttpProblem('invalid_request', detail, { field })
    }
  }
}
