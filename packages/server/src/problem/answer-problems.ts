import { PROBLEMS } from '@vulcan/schema'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { App } from '../context.ts'
import { HttpProblem } from '../http-problem.ts'
import { problemBody, problemHeaders } from './problem-body.ts'
import { toHttpProblem } from './to-http-problem.ts'

/** Makes a problem of everything that goes wrong, and of what does not exist. */
export function answerProblems(app: App, logger: Logger): void {
  app.setErrorHandler((error, request, reply) => sendProblem(logger, { error, request, reply }))
  app.setNotFoundHandler(() => {
    throw new HttpProblem('route_unknown', 'there is no such resource; /openapi.json names all')
  })
}

export interface Failed {
  readonly error: unknown
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** Answers with a problem; what is a failure of the server goes to its log. */
export function sendProblem(logger: Logger, { error, request, reply }: Failed): FastifyReply {
  const problem = toHttpProblem(error)
  const { status } = PROBLEMS[problem.code]
  if (status === 500) logger.error({ request_id: request.id, err: problem.cause }, 'request failed')
  return reply
    .code(status)
    .header('x-request-id', request.id)
    .headers(problemHeaders(problem))
    .send(JSON.stringify(problemBody(problem, request.id)))
}
