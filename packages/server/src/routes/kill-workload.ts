import { WorkloadView } from '@vulcan/schema'
import type { App, Context } from '../context.ts'
import { requireScope, visibleWorkload } from '../request/authorize.ts'
import { json, OTHERWISE, WorkloadPath } from './answers.ts'
import { sendWorkload } from './send-workload.ts'

/** `DELETE /v1/workloads/{id}`. */
export function killWorkloadRoute(app: App, context: Context): void {
  app.delete(
    '/v1/workloads/:id',
    {
      onRequest: requireScope(context, 'run'),
      schema: {
        operationId: 'killWorkload',
        summary: 'Kills a workload, waiting or running, and answers when it has ended',
        tags: ['workloads'],
        params: WorkloadPath,
        response: {
          200: json(WorkloadView, 'The workload: killed, unless it ended by itself meanwhile.'),
          default: OTHERWISE,
        },
      },
    },
    async (request, reply) => {
      const { id } = await visibleWorkload(context, request, request.params.id)
      return sendWorkload(context, reply, await context.engine.kill(id))
    },
  )
}
