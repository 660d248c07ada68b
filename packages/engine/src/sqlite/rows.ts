import { Workload, WorkloadEnd } from '@vulcan/schema'
import * as z from 'zod'

/** A text that holds a shape as JSON. */
const json = <Shape extends z.ZodType>(shape: Shape) =>
  z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(shape)

/** What has no column of its own, since nothing is looked for by it. */
const Request = Workload.pick({
  priority: true,
  nodeId: true,
  network: true,
  inputHash: true,
  cpus: true,
  memMib: true,
  timeoutS: true,
  outputLimitBytes: true,
  maxConcurrent: true,
})

const Row = z.object({
  ord: z.int(),
  id: z.string(),
  owner: z.string(),
  status: Workload.shape.status,
  runtime: Workload.shape.runtime,
  isolation: Workload.shape.isolation,
  created_at_ms: z.int(),
  started_at_ms: z.int().nullable(),
  request: json(Request),
  outcome: json(WorkloadEnd).nullable(),
  /** Lists do without. */
  args: json(z.array(z.string())).optional(),
})

/** The columns of a list; `args` is the last one of the table, so that it is not even read. */
export const LIST_COLUMNS =
  'ord, id, owner, status, runtime, isolation, created_at_ms, started_at_ms, request, outcome'

/** A workload and its place in the order of all, from a row of the table. */
export function fromRow(row: unknown): { readonly ord: number; readonly workload: Workload } {
  const { ord, request, outcome, created_at_ms, started_at_ms, args, ...rest } = Row.parse(row)
  const workload = {
    ...rest,
    ...request,
    args: args ?? null,
    createdAtMs: created_at_ms,
    startedAtMs: started_at_ms,
    end: outcome,
  }
  return { ord, workload }
}

/** A workload that has not ended as the parameters of its insertion. */
export function toRow(workload: Workload) {
  return {
    id: workload.id,
    owner: workload.owner,
    status: workload.status,
    runtime: workload.runtime,
    isolation: workload.isolation,
    created_at_ms: workload.createdAtMs,
    started_at_ms: workload.startedAtMs,
    request: JSON.stringify(Request.parse(workload)),
    args: JSON.stringify(workload.args ?? []),
  }
}
