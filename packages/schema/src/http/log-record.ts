import * as z from 'zod'
import { PHASES } from '../event.ts'
import { WorkloadView } from './workload-view.ts'

/** One line of `GET /v1/workloads/{id}/logs` as `application/x-ndjson`. */
export const LogRecord = z
  .discriminatedUnion('type', [
    z.object({
      type: z.literal('output'),
      /** Counts up by one per workload; to be given as `after`, or as `Last-Event-ID`, to go on. */
      seq: z.int(),
      at: z.iso.datetime(),
      stream: z.enum(['stdout', 'stderr']),
      data: z.base64().describe('The exact bytes.'),
    }),
    z.object({
      type: z.literal('phase'),
      seq: z.int(),
      at: z.iso.datetime(),
      phase: z.enum(PHASES),
      at_ms: z.number().describe('Counted from the start of the workload.'),
    }),
    z.object({
      type: z.literal('heartbeat'),
    }),
    z.object({
      type: z.literal('done'),
      workload: WorkloadView.describe('As in lists: without output.'),
    }),
  ])
  .meta({ id: 'LogRecord' })
export type LogRecord = z.infer<typeof LogRecord>

/** `GET /v1/workloads/{id}/logs/history`: what is stored, by lines. */
export const LogHistory = z
  .object({
    workload_id: z.string(),
    lines: z.array(z.object({ seq: z.int(), line: z.string(), created_at: z.iso.datetime() })),
  })
  .meta({ id: 'LogHistory' })
export type LogHistory = z.infer<typeof LogHistory>
