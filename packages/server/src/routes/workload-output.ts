import * as z from 'zod'
import type { App, Context } from '../context.ts'
import { outputBytes } from '../output/output-bytes.ts'
import { callerOf, cutWhenRefused, requireScope, visibleWorkload } from '../request/authorize.ts'
import { Patience } from '../request/patience.ts'
import { OTHERWISE, WorkloadPath } from './answers.ts'
import { Follow, Stream } from './queries.ts'
import { sendPieces } from './send-pieces.ts'

const BYTES = {
  description: 'The exact bytes.',
  content: { 'application/octet-stream': { schema: z.string().meta({ format: 'binary' }) } },
} as const

/** `GET /v1/workloads/{id}/output`. */
export function workloadOutputRoute(app: App, context: Context): void {
  const { engine, closing, readers } = context

  app.get(
    '/v1/workloads/:id/output',
    {
      onRequest: requireScope(context, 'read'),
      exposeHeadRoute: false,
      schema: {
        operationId: 'getWorkloadOutput',
        summary: 'The exact bytes that the program wrote to one stream, as far as they are stored',
        tags: ['logs'],
        params: WorkloadPath,
        querystring: z.object({
          stream: Stream.default('stdout'),
          follow: Follow.optional().describe('1: until the workload has ended.'),
        }),
        response: { 200: BYTES, default: OTHERWISE },
      },
    },
    async (request, reply) => {
      const { stream, follow = false } = request.query
      const { id: workloadId } = await visibleWorkload(context, request, request.params.id)
      using held = new DisposableStack()
      if (follow) {
        held.use(readers.take(callerOf(request).owner))
        held.use(cutWhenRefused(context, request, reply))
      }
      const { signal } = held.use(new Patience(reply.raw, { closing }))
      reply.type('application/octet-stream')
      const pieces = outputBytes(engine, { workloadId, stream, follow, signal })
      return sendPieces(context, reply, pieces, { held: held.move() })
    },
  )
}
