import type { FastifyRequest } from 'fastify'
import type { App, Context } from '../context.ts'
import { HttpProblem } from '../http-problem.ts'
import type { Answering } from '../problem/refuse-malformed.ts'
import { factsOf } from './authorize.ts'
import type { ConnectionLimit } from './connection-limit.ts'

/** No status of HTTP: the client did not wait for one. */
const CLIENT_GONE = 499

/** Writes down how each request was answered, and tells whoever counts them. Never what was in it. */
export function observeRequests(
  app: App,
  { logger, onRequest }: Pick<Context, 'logger' | 'onRequest'>,
  answering: Answering,
): void {
  app.addHook('onRequest', async (request, reply) => {
    const { socket, method } = request.raw
    const startedAtMs = performance.now()
    answering.begin(socket, reply.raw)
    reply.header('x-request-id', request.id)
    // Also of an answer whose client did not wait for it.
    reply.raw.once('close', () => {
      answering.end(socket)
      const answered = {
        method: method ?? '',
        route: routeOf(request),
        status: reply.raw.headersSent ? reply.raw.statusCode : CLIENT_GONE,
        durationMs: performance.now() - startedAtMs,
      }
      onRequest?.(answered)
      logger.info({ requestId: request.id, ...answered }, 'request')
    })
  })
}

/** What is asked of every request before a route looks at it. */
export function admitRequests(
  app: App,
  { authenticator, closing }: Pick<Context, 'authenticator' | 'closing'>,
  connections: ConnectionLimit,
): void {
  app.addHook('onRequest', async (request, reply) => {
    // What a program wrote is never taken for a page, and what one key may see is nobody else's.
    reply.header('x-content-type-options', 'nosniff').header('cache-control', 'no-store')
    connections.refuseExcess(request.raw.socket)
    if (closing.aborted) {
      throw new HttpProblem('shutdown', 'this host is shutting down', { retryAfterS: 5 })
    }
    refuseMalformedHeaders(request)
    authenticator.admit(factsOf(request))
  })
  app.addHook('onSend', async (_request, reply) => {
    if (closing.aborted) reply.header('connection', 'close')
  })
}

function refuseMalformedHeaders({ raw, headers }: FastifyRequest): void {
  if (headers.host === undefined && raw.httpVersion === '1.1') {
    throw new HttpProblem('invalid_request', 'Host: is missing', { field: 'Host' })
  }
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    throw new HttpProblem(
      'unsupported_media_type',
      'Content-Encoding: bodies are taken as they are',
      {
        field: 'Content-Encoding',
      },
    )
  }
}

/** `/v1/workloads/:id` is `/v1/workloads/{id}` to the world. */
function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url?.replaceAll(/:(\w+)/g, '{$1}') ?? 'unknown'
}
