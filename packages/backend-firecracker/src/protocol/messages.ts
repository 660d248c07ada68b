import type { WorkloadSpec } from '@vulcan/schema'
import * as z from 'zod'
import { ProtocolError } from './errors.ts'

/** What the agent sends when it listens. */
const Ready = z.object({ type: z.literal('ready'), version: z.string().max(64) })

const Output = z.object({
  type: z.literal('output'),
  stream: z.enum(['stdout', 'stderr']),
  data: z.base64().transform((data) => Buffer.from(data, 'base64')),
})

/** The program has started: the clock of its time-out runs from here. */
const Started = z.object({ type: z.literal('started') })

const Result = z.object({
  type: z.literal('result'),
  response: z
    .object({
      exit_code: z.int().min(0).max(255).nullable(),
      error: z.string().max(16 * 1024),
      reason: z.enum(['exited', 'oom', 'timeout', 'invalid_request', 'unsupported_runtime']),
      truncated: z.object({ stdout: z.boolean(), stderr: z.boolean() }),
    })
    .transform(({ exit_code: exitCode, ...rest }) => ({ exitCode, ...rest })),
})

const RunMessage = z.discriminatedUnion('type', [Output, Started, Result])
export type RunMessage = z.infer<typeof RunMessage>

/** Checks the agent's announcement. Throws `ProtocolError` `message_unexpected`. */
export function parseReady(message: unknown): { version: string } {
  return parse(Ready, message, 'readiness')
}

/** Checks one message of a typed run. Throws `ProtocolError` `message_unexpected`. */
export function parseRunMessage(message: unknown): RunMessage {
  return parse(RunMessage, message, 'message of a run')
}

/** The typed request of a run, as it goes over the wire. */
export function runRequest(spec: WorkloadSpec): object {
  return {
    type: 'run',
    runtime: spec.runtime,
    code: spec.code,
    code_archive: spec.codeArchive && base64(spec.codeArchive),
    entrypoint: spec.entrypoint,
    args: spec.args,
    input: spec.input && base64(spec.input),
    env: spec.env,
    timeout_s: spec.timeoutS,
    output_limit: spec.outputLimitBytes,
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

function parse<Schema extends z.ZodType>(
  schema: Schema,
  message: unknown,
  what: string,
): z.infer<Schema> {
  try {
    return schema.parse(message)
  } catch (cause) {
    // Zod compares the `length` of what is no string, too, and a comparison with an object can throw.
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause)
    throw new ProtocolError(
      'message_unexpected',
      `the agent sent a ${what} of the wrong shape: ${why}`,
      { cause },
    )
  }
}
