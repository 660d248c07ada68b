import { LogHistory, LogRecord } from '@vulcan/schema'
import * as z from 'zod'
import type { App, Context } from '../context.ts'
import { HttpProblem } from '../http-problem.ts'
import { streamHistory } from '../logs/history.ts'
import { ndjsonLogs } from '../logs/ndjson.ts'
import { plainLogs } from '../logs/plain-text.ts'
import { sseLogs } from '../logs/sse.ts'
import { callerOf, cutWhenRefused, requireScope, visibleWorkload } from '../request/authorize.ts'
import { negotiate } from '../request/media-type.ts'
import { Patience } from '../request/patience.ts'
import { json, OTHERWISE, WorkloadPath } from './answers.ts'
import { Follow, Stream } from './queries.ts'
import { sendPieces } from './send-pieces.ts'

const LogsQuery = z.object({
  follow: Follow.optional().describe(
    'Until the workload has ended. Default: 1 for events, else 0.',
  ),
  stream: Stream.optional().describe('Default: both.'),
  after: z.coerce
    .number()
    .pipe(z.int().min(0))
    .optional()
    .describe('Goes on after this id of an event, or seq of a record. Last-Event-ID wins.'),
})

const LogsHeaders = z.object({
  accept: z.string().optional(),
  'last-event-id': z.string().optional().describe('What a reader that comes back got last.'),
})

const FORMATS = {
  'text/event-stream': sseLogs,
  'application/x-ndjson': ndjsonLogs,
  'text/plain': plainLogs,
} as const

const LOGS = {
  description: 'The logs.',
  content: {
    'text/event-stream': { schema: z.string() },
    'application/x-ndjson': { schema: LogRecord },
    'text/plain': { schema: z.string() },
  },
} as const

/** `GET /v1/workloads/{id}/logs` and `…/logs/history`. */
export function workloadLogsRoutes(app: App, context: Context): void {
  const { engine, limits, closing, readers } = context
  const onRequest = requireScope(context, 'read')

  app.get(
    '/v1/workloads/:id/logs',
    {
      onRequest,
      exposeHeadRoute: false,
      schema: {
        operationId: 'getWorkloadLogs',
        summary: 'What the program writes: first what is stored, then what comes',
        description:
          'Events carry a line each, and the last one is named done. Records carry exact bytes, and text is the bytes alone.',
        tags: ['logs'],
        params: WorkloadPath,
        querystring: LogsQuery,
        headers: LogsHeaders,
        response: { 200: LOGS, default: OTHERWISE },
      },
    },
    async (request, reply) => {
      const { query, headers, params } = request
      const type = negotiate(headers.accept, [
        'text/event-stream',
        'application/x-ndjson',
        'text/plain',
      ])
      const { id: workloadId } = await visibleWorkload(context, request, params.id)
      const { stream, follow = type === 'text/event-stream' } = query
      const after = parseLastEventId(headers['last-event-id']) ?? query.after
      using held = new DisposableStack()
      if (follow) {
        held.use(readers.take(callerOf(request).owner))
        held.use(cutWhenRefused(context, request, reply))
      }
      const { signal } = held.use(new Patience(reply.raw, { closing }))
      const { heartbeatMs } = limits
      const selection = { workloadId, stream, after, follow, signal, heartbeatMs }
      reply.header('x-accel-buffering', 'no').type(`${type}; charset=utf-8`)
      return sendPieces(context, reply, FORMATS[type](engine, selection), {
        held: held.move(),
        marksEnd: type !== 'text/plain',
      })
    },
  )

  app.get(
    '/v1/workloads/:id/logs/history',
    {
      onRequest,
      exposeHeadRoute: false,
      schema: {
        operationId: 'getWorkloadLogHistory',
        summary: 'What is stored of the logs, by lines',
        tags: ['logs'],
        params: WorkloadPath,
        response: { 200: json(LogHistory, 'All lines.'), default: OTHERWISE },
      },
    },
    async (request, reply) => {
      const workload = await visibleWorkload(context, request, request.params.id)
      reply.type('application/json; charset=utf-8')
      return sendPieces(context, reply, streamHistory(engine, workload))
    },
  )
}

/** Throws `HttpProblem` `invalid_request`: what it names is not ours. */
function parseLastEventId(header: string | undefined): number | undefined {
  if (header === undefined || header === '') return undefined
  if (/^\d{1,15}$/.test(header)) return Number(header)
  const field = 'Last-Event-ID'
  throw new HttpProblem('invalid_request', `${field}: must be the id of an event`, { field })
}
