import {
  InvalidWorkloadError,
  parseWorkload,
  type WorkloadBody,
  type WorkloadSpec,
  type WorkloadSpecInput,
} from '@vulcan/schema'
import { monotonicFactory } from 'ulid'
import { HttpProblem } from '../http-problem.ts'

/** Of one millisecond the ids count up: no random numbers are drawn for each. */
const newId = monotonicFactory()

/** The message that carries a workload to its guest. */
const GUEST_MESSAGE_BYTES_MAX = 16 * 1024 * 1024
/** Of that message: names, numbers and braces. */
const GUEST_MESSAGE_FRAME_BYTES = 4 * 1024

/**
 * The workload that a body asks for, with a new id. Throws `HttpProblem` `payload_too_large` for what
 * no guest could be sent, or `invalid_request` with the body's name of the field.
 */
export function toSpec(body: WorkloadBody): WorkloadSpec {
  const { resources } = body
  const input: WorkloadSpecInput = {
    id: newId(),
    runtime: body.runtime,
    isolation: body.isolation,
    code: body.code,
    codeArchive: body.code_archive === undefined ? undefined : decode(body.code_archive),
    entrypoint: body.entrypoint,
    args: body.args,
    input: standardInput(body),
    env: body.env,
    network: body.network,
    cpus: resources.cpus,
    memMib: resources.mem_mb,
    timeoutS: resources.timeout_s,
    outputLimitBytes: body.output_limit_bytes,
  }
  refuseTooLarge(input)
  try {
    return parseWorkload(input)
  } catch (error) {
    if (!(error instanceof InvalidWorkloadError)) throw error
    const [name = '', ...rest] = error.field.split('.')
    const field = [wireName(name, body), ...rest].join('.')
    const detail = error.message.replace(error.field, () => field)
    throw new HttpProblem('invalid_request', detail, { field, cause: error })
  }
}

function standardInput({ stdin, input }: WorkloadBody): Uint8Array | undefined {
  if (stdin === undefined) return input === undefined ? undefined : encode(input)
  if (input === undefined) return decode(stdin)
  const detail = 'stdin: only one of input and stdin can be the standard input'
  throw new HttpProblem('invalid_request', detail, { field: 'stdin' })
}

function wireName(name: string, body: WorkloadBody): string {
  if (name === 'codeArchive') return 'code_archive'
  return name === 'input' && body.stdin !== undefined ? 'stdin' : name
}

function refuseTooLarge({ code, codeArchive, input, args, env }: WorkloadSpecInput): void {
  const bytes =
    GUEST_MESSAGE_FRAME_BYTES +
    encode({ code, args, env }).byteLength +
    base64Bytes(codeArchive) +
    base64Bytes(input)
  if (bytes <= GUEST_MESSAGE_BYTES_MAX) return
  throw new HttpProblem(
    'payload_too_large',
    `code and input are ${bytes} bytes when encoded for the guest, and 16 MiB is the most`,
  )
}

function base64Bytes(bytes: Uint8Array | undefined): number {
  return bytes === undefined ? 0 : 4 * Math.ceil(bytes.byteLength / 3)
}

function encode(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}

function decode(base64: string): Buffer {
  return Buffer.from(base64, 'base64')
}
