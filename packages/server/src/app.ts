import cors from '@fastify/cors'
import { HTTP_LIMITS } from '@vulcan/schema'
import { type FastifyRequest, fastify } from 'fastify'
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { App, Context } from './context.ts'
import { describeRoutes } from './openapi.ts'
import { answerProblems, sendProblem } from './problem/answer-problems.ts'
import { Answering, refuseMalformed } from './problem/refuse-malformed.ts'
import { ConnectionLimit } from './request/connection-limit.ts'
import { admitRequests, observeRequests } from './request/observe-requests.ts'
import { parseJson } from './request/parse-json.ts'
import { requestIdOf } from './request/request-id.ts'
import { createWorkloadRoutes } from './routes/create-workload.ts'
import { hostRoutes } from './routes/host-routes.ts'
import { killWorkloadRoute } from './routes/kill-workload.ts'
import { operationRoutes } from './routes/operation-routes.ts'
import { readWorkloadsRoutes } from './routes/read-workloads.ts'
import { collectRoutes } from './routes/refuse-other-methods.ts'
import { workloadLogsRoutes } from './routes/workload-logs.ts'
import { workloadOutputRoute } from './routes/workload-output.ts'

/** How often Node.js looks for requests that take too long. */
const CHECK_EVERY_MS = 5_000

/** The HTTP API with all its routes, before it listens. */
export async function buildApp(context: Context): Promise<App> {
  const answering = new Answering()
  const app = newApp(context, answering)
  const connections = new ConnectionLimit(app.server, context.limits.connections)
  answerProblems(app, context.logger)
  observeRequests(app, context, answering)
  admitRequests(app, context, connections)
  cutStalledReaders(app)
  takeJsonAlone(app)
  await allowOrigins(app, context.corsOrigins ?? [])
  await describeRoutes(app)
  const refuseOtherMethods = collectRoutes(app)
  createWorkloadRoutes(app, context)
  readWorkloadsRoutes(app, context)
  killWorkloadRoute(app, context)
  workloadLogsRoutes(app, context)
  workloadOutputRoute(app, context)
  hostRoutes(app, context)
  operationRoutes(app, context)
  refuseOtherMethods()
  await app.ready()
  return app
}

function newApp({ limits, logger }: Context, answering: Answering): App {
  const app = fastify({
    bodyLimit: HTTP_LIMITS.bodyBytes,
    connectionTimeout: limits.stalledReaderMs,
    keepAliveTimeout: limits.keepAliveMs,
    requestTimeout: limits.requestMs,
    return503OnClosing: false,
    genReqId: requestIdOf,
    clientErrorHandler: (error, socket) => refuseMalformed(error, socket, answering),
    frameworkErrors: (error, request, reply) => {
      void sendProblem(logger, { error, request, reply })
    },
    http: {
      headersTimeout: limits.headersMs,
      connectionsCheckingInterval: Math.min(CHECK_EVERY_MS, limits.headersMs),
      // Refused as all else is: with a problem.
      requireHostHeader: false,
    },
  }).withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(validatorCompiler)
  // Handlers send what the schemas' types say; checking 16 MiB of base64 again would block all others.
  app.setSerializerCompiler(() => JSON.stringify)
  return app
}

/**
 * A connection on which nothing moves while an answer waits to be taken is cut. One on which there
 * is nothing to send is not: it waits for a workload.
 */
function cutStalledReaders(app: App): void {
  app.addHook('onRequest', async (_request, reply) => {
    reply.raw.on('timeout', (socket) => {
      if (socket.writableLength > 0) socket.destroy()
    })
  })
}

function takeJsonAlone(app: App): void {
  app.removeAllContentTypeParsers()
  const parse = async (_request: FastifyRequest, body: Buffer) => parseJson(body)
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, parse)
}

async function allowOrigins(app: App, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return
  await app.register(cors, {
    origin: [...origins],
    methods: ['GET', 'POST', 'DELETE'],
    exposedHeaders: ['Location', 'Preference-Applied', 'Retry-After', 'X-Request-Id'],
    maxAge: 600,
  })
}
