import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { Context } from '../context.ts'

interface SendOptions {
  /** Released when the answer is over, however it ends. */
  readonly held?: Disposable
  /** Whether the last piece says that the answer is whole; one that is cut may end without it. */
  readonly marksEnd?: boolean
}

/**
 * Sends what comes, piece by piece: the next one is asked for when the connection has room. What ends
 * too early and would look whole takes its connection with it.
 */
export function sendPieces(
  { closing, logger }: Pick<Context, 'closing' | 'logger'>,
  reply: FastifyReply,
  pieces: AsyncIterable<string | Uint8Array>,
  { held, marksEnd = false }: SendOptions = {},
): FastifyReply {
  if (held !== undefined) {
    if (reply.raw.destroyed) held[Symbol.dispose]()
    else reply.raw.once('close', () => held[Symbol.dispose]())
  }
  return reply.send(Readable.from(untilClosed()))

  async function* untilClosed(): AsyncGenerator<string | Uint8Array, void, undefined> {
    // Whoever follows learns at once that there is something to follow, however silent it is.
    reply.raw.flushHeaders()
    try {
      yield* pieces
    } catch (error) {
      if (closing.aborted && marksEnd) return
      // A server that closes, or a client that is gone, is no failure.
      if (!closing.aborted && !reply.raw.destroyed) {
        logger.error({ request_id: reply.request.id, err: error }, 'answer cut')
      }
      throw error
    }
  }
}
