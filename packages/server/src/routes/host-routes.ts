import type { Backend } from '@vulcan/backend'
import { BackendView, Stats } from '@vulcan/schema'
import * as z from 'zod'
import type { App, Context } from '../context.ts'
import { callerOf, ownerSeenBy, requireScope } from '../request/authorize.ts'
import { json, OTHERWISE } from './answers.ts'

/** `GET /v1/backends` and `GET /v1/stats`. */
export function hostRoutes(app: App, context: Context): void {
  const onRequest = requireScope(context, 'read')

  app.get(
    '/v1/backends',
    {
      onRequest,
      schema: {
        operationId: 'listBackends',
        summary: 'What can execute workloads here',
        tags: ['host'],
        response: { 200: json(z.array(BackendView), 'All backends.'), default: OTHERWISE },
      },
    },
    async (_request, reply) => reply.send(context.backends().map(toBackendView)),
  )

  app.get(
    '/v1/stats',
    {
      onRequest,
      schema: {
        operationId: 'getStats',
        summary: 'Counts the workloads that you can see',
        tags: ['host'],
        response: { 200: json(Stats, 'The counts.'), default: OTHERWISE },
      },
    },
    async (request, reply) => {
      const counted = await context.engine.stats(ownerSeenBy(callerOf(request)))
      const stats: Stats = {
        total: counted.total,
        by_status: counted.byStatus,
        by_isolation: counted.byIsolation,
        avg_duration_ms: counted.avgDurationMs,
      }
      return reply.send(stats)
    },
  )
}

function toBackendView(backend: Backend): BackendView {
  const capabilities = backend.capabilities()
  return {
    name: capabilities.name,
    capabilities: {
      name: capabilities.name,
      supported_runtimes: [...capabilities.supportedRuntimes],
      supported_isolations: [...capabilities.supportedIsolations],
      max_concurrency: capabilities.maxConcurrency,
      isolation_strength: capabilities.isolationStrength,
    },
  }
}
