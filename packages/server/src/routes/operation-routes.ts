import { Health, Readiness } from '@vulcan/schema'
import * as z from 'zod'
import type { App, Context } from '../context.ts'
import { requireScope } from '../request/authorize.ts'
import { json, OTHERWISE } from './answers.ts'

const METRICS = {
  description: "Metrics in Prometheus' text format.",
  content: { 'text/plain': { schema: z.string() } },
} as const

/** What operators and their programs ask: `/healthz`, `/readyz`, `/metrics` and `/openapi.json`. */
export function operationRoutes(app: App, context: Context): void {
  const { readiness, metrics } = context

  app.get(
    '/healthz',
    {
      schema: {
        operationId: 'getHealth',
        summary: 'Whether the process answers',
        tags: ['operation'],
        security: [],
        response: { 200: json(Health, 'It does.'), default: OTHERWISE },
      },
    },
    async (_request, reply) => reply.send({ status: 'ok' }),
  )

  app.get(
    '/readyz',
    {
      schema: {
        operationId: 'getReadiness',
        summary: 'Whether workloads can run',
        tags: ['operation'],
        security: [],
        response: {
          200: json(Readiness, 'They can.'),
          503: json(Readiness, 'They cannot; reason says why.'),
          default: OTHERWISE,
        },
      },
    },
    async (_request, reply) => {
      const now = readiness()
      return reply.code(now.status === 'ready' ? 200 : 503).send(now)
    },
  )

  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.send(app.swagger()),
  )

  if (metrics === undefined) return
  app.get(
    '/metrics',
    {
      onRequest: requireScope(context, 'admin'),
      schema: {
        operationId: 'getMetrics',
        summary: 'What this host measures',
        tags: ['operation'],
        response: { 200: METRICS, default: OTHERWISE },
      },
    },
    async (_request, reply) => {
      const { contentType, body } = await metrics()
      return reply.type(contentType).send(body)
    },
  )
}
