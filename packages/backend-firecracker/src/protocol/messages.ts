import type { WorkloadSpec } from '@vulcan/schema'
import * as z from 'zod'
import { ProtocolError } from './errors.ts'

/** Milliseconds since the guest's kernel started; no boot takes a day. */
const BootMs = z
  .int()
  .min(0)
  .max(24 * 3_600_000)

/** What the agent sends when it listens. Agents that do not tell how they came there are as good. */
const Ready = z
  .object({
    type: z.literal('ready'),
    version: z.string().max(64),
    uptime_ms: BootMs.optional(),
    stages: z
      .object({
        init_ms: BootMs.optional(),
        root_ms: BootMs.optional(),
        listening_ms: BootMs,
      })
      .transform(({ init_ms: initMs, root_ms: rootMs, listening_ms: listeningMs }) => {
        return { initMs, rootMs, listeningMs }
      })
      .optional(),
  })
  .transform(({ version, uptime_ms: uptimeMs, stages }) => ({ version, uptimeMs, stages }))
export type Ready = z.infer<typeof Ready>

const Output = z.object({
  type: z.literal('output'),
  stream: z.enum(['stdout', 'stderr']),
  data: z.base64().transform((data) => Buffer.from(data, 'base64')),
})

/** The program has started: the clock of its time-out runs from here. */
const Started = z.object({
  type: z.literal('started'),
  /** Whether its interpreter had waited for it; agents that prepare nothing do not say. */
  interpreter: z.enum(['warm', 'fresh']).optional(),
  /** Why it was started anew though one waited. */
  because: z.enum(['environment', 'age', 'died']).optional(),
})

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

const Log = z.object({
  type: z.literal('log'),
  line: z.string(),
  /** Agents that know only the fixed shape do not say. */
  stream: z.enum(['stdout', 'stderr']).default('stdout'),
})

const UntypedResult = z.object({
  type: z.literal('result'),
  response: z
    .object({
      exit_code: z.int(),
      output: z.string().default(''),
      error: z.string().default(''),
    })
    .transform(({ exit_code: exitCode, ...rest }) => ({ exitCode, ...rest })),
})

const UntypedMessage = z.discriminatedUnion('type', [Log, UntypedResult])
export type UntypedMessage = z.infer<typeof UntypedMessage>

/** The answer to `configure`. */
const Configured = z.object({
  type: z.literal('result'),
  response: z.object({ error: z.string().max(16 * 1024) }),
})

/** The run is prepared; its request may come. */
const Prepared = z.object({
  type: z.literal('prepared'),
  /** Whether an interpreter waits for its program; images without one have prepared the rest. */
  interpreter: z.enum(['waiting', 'none']),
})
export type Prepared = z.infer<typeof Prepared>

/** The end of an operation, whatever it is. An agent that knows no `prepare` answers with it. */
const AnyResult = z.object({ type: z.literal('result') })

/** The request to do ahead what a run begins with; the run's own request follows it. */
export const PREPARE_REQUEST = { type: 'prepare' } as const

/** Undefined where the agent has prepared no run. Throws `ProtocolError` `message_unexpected`. */
export function parsePrepared(message: unknown): Prepared | undefined {
  const schema = z.discriminatedUnion('type', [Prepared, AnyResult])
  const answer = parse(schema, message, 'answer to prepare')
  return answer.type === 'prepared' ? answer : undefined
}

/** The request for a sign of life. */
export const PING_REQUEST = { type: 'ping' } as const

/** Checks the answer to `ping`. Throws `ProtocolError` `message_unexpected`. */
export function parsePong(message: unknown): void {
  parse(AnyResult, message, 'answer to ping')
}

/** Checks the agent's announcement. Throws `ProtocolError` `message_unexpected`. */
export function parseReady(message: unknown): Ready {
  return parse(Ready, message, 'readiness')
}

/** Checks one message of a typed run. Throws `ProtocolError` `message_unexpected`. */
export function parseRunMessage(message: unknown): RunMessage {
  return parse(RunMessage, message, 'message of a run')
}

/** Checks one message of an untyped run. Throws `ProtocolError` `message_unexpected`. */
export function parseUntypedMessage(message: unknown): UntypedMessage {
  return parse(UntypedMessage, message, 'message of an untyped run')
}

/** Checks the answer to `configure`; its error is empty when all was done. Throws `ProtocolError`. */
export function parseConfigured(message: unknown): { error: string } {
  return parse(Configured, message, 'answer to configure').response
}

/** The untyped request of a run (GuestRequest), which every agent understands. */
export function guestRequest(spec: WorkloadSpec): object {
  return {
    runtime: spec.runtime,
    code: spec.code,
    code_archive: spec.codeArchive && base64(spec.codeArchive),
    entrypoint: spec.entrypoint,
    input: spec.input && base64(spec.input),
    env: spec.env,
    timeout_s: spec.timeoutS,
  }
}

/** The typed request of a run: says more, and gets exact bytes back. */
export function runRequest(spec: WorkloadSpec): object {
  return {
    type: 'run',
    ...guestRequest(spec),
    args: spec.args,
    output_limit: spec.outputLimitBytes,
  }
}

/** What the guest is told of its network. */
export function configureRequest(network: {
  readonly addresses: readonly string[]
  readonly gateways: readonly string[]
  readonly dns: readonly string[]
  readonly mtu: number
}): object {
  const { addresses, gateways, dns, mtu } = network
  return { type: 'configure', address: addresses, gateway: gateways, dns, mtu }
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
