import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App, Context } from '../context.ts'
import { HttpProblem } from '../http-problem.ts'
import type { Answering } from '../problem/refuse-malformed.ts'
import type { RequestTrace } from '../server-options.ts'
import { factsOf } from './authorize.ts'
import type { ConnectionLimit } from './connection-limit.ts'

/** No status of HTTP: the client did not wait for one. */
const CLIENT_GONE = 499

/**
 * Writes down how each request was answered, tells whoever counts them, and begins its trace. Never
 * what was in it.
 */
export function observeRequests(
  app: App,
  { closing, logger, onRequest, traceRequest }: Context,
  answering: Answering,
): void {
  const traces = new WeakMap<FastifyRequest, RequestTrace>()
  const proceed = (request: FastifyRequest, _reply: FastifyReply, done: () => void) => {
    const trace = traces.get(request)
    if (trace === undefined) done()
    else trace.run(done)
  }
  app.addHook('onRequest', async (request, reply) => {
    const { socket, method = '', headers } = request.raw
    const startedAtMs = performance.now()
    answering.begin(socket, reply.raw)
    reply.header('x-request-id', request.id)
    const trace = traceRequest?.({ id: request.id, method, headers })
    if (trace !== undefined) traces.set(request, trace)
    // Also of an answer whose client did not wait for it.
    reply.raw.once('close', () => {
      answering.end(socket)
      // An answer that had begun could not say that its connection ends.
      if (closing.aborted) socket.end()
      const route = routeOf(request)
      const status = reply.raw.headersSent ? reply.raw.statusCode : CLIENT_GONE
      const durationMs = performance.now() - startedAtMs
      trace?.end({ route, status })
      onRequest?.({ method, route, status, durationMs })
      logger.info({ requestId: request.id, method, route, status, durationMs }, 'request')
    })
  })
  app.addHook('onRequest', proceed)
  // The body was read outside of the trace.
  app.addHook('preHandler', proceed)
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
