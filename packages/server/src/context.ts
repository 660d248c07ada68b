import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { ReaderLimit } from './request/reader-limit.ts'
import type { HttpLimits, ServerOptions } from './server-options.ts'

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>

/** What routes work with. */
export interface Context extends Omit<ServerOptions, 'limits' | 'listen'> {
  readonly limits: HttpLimits
  readonly readers: ReaderLimit
  /** Aborts when the server begins to close: whoever waits answers with what there is. */
  readonly closing: AbortSignal
}
