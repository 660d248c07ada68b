import * as z from 'zod'
import { NetworkMode } from '../network.ts'
import { Priority } from '../recorded-workload.ts'
import { Isolation, Runtime } from '../runtime.ts'
import { WORKLOAD_LIMITS } from '../workload.ts'

/** Bounds of what is asked for over HTTP; a workload's own bounds stand in `WORKLOAD_LIMITS`. */
export const HTTP_LIMITS = {
  bodyBytes: 15_000_000,
  outputBytes: 16 * 1024 * 1024,
  outputBytesDefault: 1024 * 1024,
  waitS: 600,
  waitSDefault: 60,
  listLimit: 100,
  listLimitDefault: 20,
} as const

/** What JSON was parsed to is JSON: `z.json()` would spend a microsecond on each value to see that. */
const AnyJson = z.custom<z.infer<ReturnType<typeof z.json>>>()

/**
 * The body of `POST /v1/workloads`. Exactly one of `code` and `code_archive`. Unknown fields are
 * ignored, for clients of later versions.
 */
export const WorkloadBody = z
  .object({
    runtime: Runtime,
    isolation: Isolation.default('auto'),
    code: z.string().optional().describe("The program's text."),
    code_archive: z.base64().optional().describe('A tar.gz with the program; unpacked in the VM.'),
    entrypoint: z.string().optional().describe('Default: main.py, index.js or main.go.'),
    args: z.array(z.string()).default([]),
    input: AnyJson.optional().describe(
      "Becomes the program's standard input, as JSON text. Absent: an empty one.",
    ),
    stdin: z
      .base64()
      .optional()
      .describe("The exact bytes of the program's standard input, instead of input."),
    env: z.record(z.string(), z.string()).default({}),
    network: NetworkMode.optional().describe("Default: the host's."),
    resources: z
      .object({
        cpus: z.int().min(1).max(WORKLOAD_LIMITS.cpus).optional(),
        mem_mb: z
          .int()
          .min(WORKLOAD_LIMITS.memMibMin)
          .max(WORKLOAD_LIMITS.memMibMax)
          .optional()
          .describe('In MiB.'),
        timeout_s: z.int().min(1).max(WORKLOAD_LIMITS.timeoutS).default(30),
      })
      .prefault({}),
    output_limit_bytes: z
      .int()
      .min(0)
      .max(HTTP_LIMITS.outputBytes)
      .default(HTTP_LIMITS.outputBytesDefault)
      .describe('For each of stdout and stderr.'),
    priority: Priority.optional().describe('Among your own waiting workloads.'),
  })
  .meta({ id: 'WorkloadBody' })
export type WorkloadBody = z.infer<typeof WorkloadBody>
/** What a client may write. */
export type WorkloadBodyInput = z.input<typeof WorkloadBody>
