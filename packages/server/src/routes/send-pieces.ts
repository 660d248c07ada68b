import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { Context } from '../context.ts'

/**
 * Sends what comes, piece by piece: the next one is asked for when the connection has room. What the
 * answer holds is released when the answer is over, however it ends.
 */
export function sendPieces(
  { closing, logger }: Pick<Context, 'closing' | 'logger'>,
  reply: FastifyReply,
  pieces: AsyncIterable<string | Uint8Array>,
  held?: Disposable,
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
      // A server that closes ends what it sends; a client that is gone gets nothing more.
      if (closing.aborted) return
      if (!reply.raw.destroyed)
        logger.error({ request_id: reply.request.id, err: error }, 'answer cut')
      throw error
    }
  }
}
