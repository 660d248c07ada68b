import * as z from 'zod'
import { IsolationStrength, Runtime } from '../runtime.ts'

/** One element of `GET /v1/backends`. */
export const BackendView = z
  .object({
    name: z.string(),
    capabilities: z.object({
      name: z.string(),
      supported_runtimes: z.array(Runtime),
      supported_isolations: z.array(z.literal('microvm')),
      max_concurrency: z.int(),
      isolation_strength: IsolationStrength,
    }),
  })
  .meta({ id: 'Backend' })
export type BackendView = z.infer<typeof BackendView>

/** `GET /healthz`: the process answers. */
export const Health = z.object({ status: z.literal('ok') }).meta({ id: 'Health' })

/** `GET /readyz`: 200 when workloads can run, else 503. */
export const Readiness = z
  .object({
    status: z.enum(['ready', 'not_ready']),
    isolation_strength: IsolationStrength.nullable(),
    reason: z.string().describe('Why it is not ready; empty when it is.'),
    waiting: z.int(),
    running: z.int(),
  })
  .meta({ id: 'Readiness' })
export type Readiness = z.infer<typeof Readiness>
