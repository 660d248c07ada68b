import { HTTP_LIMITS, isFinal, type Workload, WorkloadBody, WorkloadView } from '@vulcan/schema'
import * as z from 'zod'
import type { App, Context } from '../context.ts'
import { callerOf, requireScope } from '../request/authorize.ts'
import { idempotencyOf, RequestsInAnswer } from '../request/idempotency.ts'
import { Patience } from '../request/patience.ts'
import { appliedHeader, parsePrefer } from '../request/prefer.ts'
import { refuseTooMany } from '../request/refuse-too-many.ts'
import { submit } from '../request/submit.ts'
import { toWorkloadView } from '../workload-view.ts'
import { json, OTHERWISE } from './answers.ts'
import { WaitS } from './queries.ts'
import { sendWorkload } from './send-workload.ts'

const IdempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .optional()
    .describe('Makes the request safe to repeat for 24 h: 1 to 255 visible ASCII characters.'),
})

const PreferHeaders = IdempotencyHeaders.extend({
  prefer: z.string().optional().describe('respond-async, or wait=N in seconds (RFC 7240).'),
})

const ACCEPTED = json(WorkloadView, 'The workload is accepted, and waits or runs.')

/** `POST /v1/workloads` and `POST /v1/workloads/async`. */
export function createWorkloadRoutes(app: App, context: Context): void {
  const { engine, closing } = context
  const inAnswer = new RequestsInAnswer()
  const onRequest = requireScope(context, 'run')

  app.post(
    '/v1/workloads',
    {
      onRequest,
      preValidation: refuseTooMany,
      schema: {
        operationId: 'createWorkload',
        summary: 'Runs a workload, and answers when it has ended or the time to wait is up',
        description: 'A client that goes away does not kill it.',
        tags: ['workloads'],
        body: WorkloadBody,
        headers: PreferHeaders,
        querystring: z.object({ wait: WaitS.optional() }),
        response: {
          201: json(WorkloadView, 'The workload, as it stands.'),
          202: ACCEPTED,
          default: OTHERWISE,
        },
      },
    },
    async (request, reply) => {
      const { body, headers, query } = request
      const preferences = parsePrefer(headers.prefer)
      const waitS = query.wait ?? preferences.waitS ?? defaultWaitS(preferences)
      const caller = callerOf(request)
      const idempotency = idempotencyOf(headers['idempotency-key'], body)
      using _key = inAnswer.begin(caller.owner, idempotency)
      let workload = await submit(context, { caller, body, idempotency })
      if (waitS > 0) {
        using patience = new Patience(reply.raw, { closing, ms: waitS * 1000 })
        workload = await engine.wait(workload.id, patience.signal)
      }
      const applied = appliedHeader(preferences)
      if (applied !== undefined) reply.header('preference-applied', applied)
      reply.code(preferences.respondAsync && !isFinal(workload.status) ? 202 : 201)
      return sendWorkload(context, reply.header('location', locationOf(workload)), workload)
    },
  )

  app.post(
    '/v1/workloads/async',
    {
      onRequest,
      preValidation: refuseTooMany,
      schema: {
        operationId: 'createWorkloadAsync',
        summary: 'Accepts a workload, and answers at once',
        tags: ['workloads'],
        body: WorkloadBody,
        headers: IdempotencyHeaders,
        response: { 202: ACCEPTED, default: OTHERWISE },
      },
    },
    async (request, reply) => {
      const { body, headers } = request
      const caller = callerOf(request)
      const idempotency = idempotencyOf(headers['idempotency-key'], body)
      using _key = inAnswer.begin(caller.owner, idempotency)
      const workload = await submit(context, { caller, body, idempotency })
      reply.code(202).header('location', locationOf(workload))
      return reply.send(toWorkloadView(workload))
    },
  )
}

function defaultWaitS({ respondAsync }: { readonly respondAsync: boolean }): number {
  return respondAsync ? 0 : HTTP_LIMITS.waitSDefault
}

function locationOf({ id }: Workload): string {
  return `/v1/workloads/${id}`
}
