import * as z from 'zod'
import { Status } from '../outcome.ts'
import { Isolation, Runtime } from '../runtime.ts'
import { HTTP_LIMITS } from './workload-body.ts'
import { WorkloadView } from './workload-view.ts'

/** The query of `GET /v1/workloads`; the newest come first. */
export const ListWorkloadsQuery = z.object({
  limit: z.coerce
    .number()
    .pipe(z.int().min(1).max(HTTP_LIMITS.listLimit))
    .default(HTTP_LIMITS.listLimitDefault),
  offset: z.coerce.number().pipe(z.int().min(0)).default(0),
  cursor: z
    .string()
    .optional()
    .describe('next_cursor of the page before: stays right while rows are added.'),
  status: Status.optional(),
  runtime: Runtime.optional(),
  since: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('Those created at or after this time.'),
})
export type ListWorkloadsQuery = z.infer<typeof ListWorkloadsQuery>

export const WorkloadList = z
  .object({
    workloads: z.array(WorkloadView),
    total: z.int().describe('On all pages; since does not count.'),
    limit: z.int(),
    offset: z.int(),
    next_cursor: z.string().nullable().describe('Null on the last page.'),
  })
  .meta({ id: 'WorkloadList' })
export type WorkloadList = z.infer<typeof WorkloadList>

export const Stats = z
  .object({
    total: z.int(),
    by_status: z.record(Status, z.int()),
    by_isolation: z.record(Isolation, z.int()),
    avg_duration_ms: z.number().nullable(),
  })
  .meta({ id: 'Stats' })
export type Stats = z.infer<typeof Stats>
