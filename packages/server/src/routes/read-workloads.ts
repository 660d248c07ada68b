import { ListWorkloadsQuery, WorkloadList, WorkloadView } from '@vulcan/schema'
import * as z from 'zod'
import type { App, Context } from '../context.ts'
import { callerOf, ownerSeenBy, requireScope, visibleWorkload } from '../request/authorize.ts'
import { Patience } from '../request/patience.ts'
import { toListedView } from '../workload-view.ts'
import { json, OTHERWISE, WorkloadPath } from './answers.ts'
import { WaitS } from './queries.ts'
import { sendWorkload } from './send-workload.ts'

/** `GET /v1/workloads` and `GET /v1/workloads/{id}`. */
export function readWorkloadsRoutes(app: App, context: Context): void {
  const { engine, closing } = context
  const onRequest = requireScope(context, 'read')

  app.get(
    '/v1/workloads',
    {
      onRequest,
      schema: {
        operationId: 'listWorkloads',
        summary: 'Lists workloads, the newest first, without their output',
        tags: ['workloads'],
        querystring: ListWorkloadsQuery,
        response: { 200: json(WorkloadList, 'One page.'), default: OTHERWISE },
      },
    },
    async (request, reply) => {
      const { since, ...query } = request.query
      const page = await engine.list({
        ...query,
        owner: ownerSeenBy(callerOf(request)),
        sinceMs: since === undefined ? undefined : Date.parse(since),
      })
      const list: WorkloadList = {
        workloads: page.workloads.map(toListedView),
        total: page.total,
        limit: query.limit,
        offset: query.offset,
        next_cursor: page.nextCursor,
      }
      return reply.send(list)
    },
  )

  app.get(
    '/v1/workloads/:id',
    {
      onRequest,
      schema: {
        operationId: 'getWorkload',
        summary: 'Shows a workload, with its output when it has ended',
        tags: ['workloads'],
        params: WorkloadPath,
        querystring: z.object({ wait: WaitS.default(0) }),
        response: { 200: json(WorkloadView, 'The workload.'), default: OTHERWISE },
      },
    },
    async (request, reply) => {
      const { wait } = request.query
      const workload = await visibleWorkload(context, request, request.params.id)
      if (wait === 0) return sendWorkload(context, reply, workload)
      using patience = new Patience(reply.raw, { closing, ms: wait * 1000 })
      return sendWorkload(context, reply, await engine.wait(workload.id, patience.signal))
    },
  )
}
