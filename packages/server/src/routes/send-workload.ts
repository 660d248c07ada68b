import { isFinal, type Workload } from '@vulcan/schema'
import type { FastifyReply } from 'fastify'
import type { Context } from '../context.ts'
import { readOutput } from '../output/read-output.ts'
import { streamWorkload } from '../output/stream-workload.ts'
import { toWorkloadView } from '../workload-view.ts'
import { sendPieces } from './send-pieces.ts'

/** Answers with a workload, and with its output when it has ended. */
export async function sendWorkload(
  context: Context,
  reply: FastifyReply,
  workload: Workload,
): Promise<FastifyReply> {
  if (!isFinal(workload.status)) return reply.send(toWorkloadView(workload))
  const output = await readOutput(context.engine, workload)
  if (output !== undefined) return reply.send(toWorkloadView(workload, output))
  reply.type('application/json; charset=utf-8')
  return sendPieces(context, reply, streamWorkload(context.engine, workload))
}
