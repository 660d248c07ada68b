import * as z from 'zod'
import { PHASES } from '../event.ts'
import { NetworkMode } from '../network.ts'
import { Reason, Status } from '../outcome.ts'
import { Priority, VmmInfo } from '../recorded-workload.ts'
import { Isolation, IsolationStrength, Runtime } from '../runtime.ts'

/** RFC 3339, in UTC. */
const Time = z.iso.datetime()

/** A workload as the HTTP API shows it. */
export const WorkloadView = z
  .object({
    id: z.ulid(),
    status: Status,
    reason: Reason.nullable().describe('Why it ended; null until then.'),
    isolation: Isolation,
    runtime: Runtime,
    args: z.array(z.string()).nullable().describe('Null in lists.'),
    network: NetworkMode.nullable().describe("Null: the host's default."),
    priority: Priority,
    node_id: z.string(),
    input_hash: z.string().describe('SHA-256 of the standard input in hexadecimal, or empty.'),
    output: z
      .base64()
      .nullable()
      .describe('stdout, then stderr. Null in lists and before the end.'),
    stdout: z.base64().nullable(),
    stderr: z.base64().nullable(),
    truncated: z
      .object({ stdout: z.boolean(), stderr: z.boolean() })
      .nullable()
      .describe('Whether the program wrote more than output_limit_bytes. Null before the end.'),
    output_limit_bytes: z.int(),
    exit_code: z.int().nullable(),
    error: z.string(),
    cpu_limit: z.int(),
    mem_limit: z.int().describe('In MiB.'),
    timeout_s: z.int(),
    duration_ms: z.int().nullable(),
    phases: z
      .array(z.object({ phase: z.enum(PHASES), at_ms: z.number() }))
      .nullable()
      .describe('When each phase began, counted from the start. Null in lists.'),
    vmm: VmmInfo.nullable(),
    isolation_strength: IsolationStrength.nullable(),
    created_at: Time,
    started_at: Time.nullable(),
    finished_at: Time.nullable(),
  })
  .meta({ id: 'Workload' })
export type WorkloadView = z.infer<typeof WorkloadView>
