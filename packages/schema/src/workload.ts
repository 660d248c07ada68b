import * as z from 'zod'
import { NetworkMode } from './network.ts'
import { Isolation, Runtime } from './runtime.ts'

/** Bounds of a workload. The message that carries it to the guest holds 16 MiB, base64 included. */
export const WORKLOAD_LIMITS = {
  codeBytes: 11 * 1024 * 1024,
  inputBytes: 11 * 1024 * 1024,
  args: 1024,
  argBytes: 128 * 1024,
  envVariables: 1024,
  envValueBytes: 128 * 1024,
  cpus: 32,
  memMibMin: 128,
  memMibMax: 1024 * 1024,
  timeoutS: 24 * 60 * 60,
  outputBytes: 1024 * 1024 * 1024,
} as const

/** A ULID: 26 characters of Crockford's base 32, made of upper-case letters and digits. */
const WorkloadId = z.string().regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/, 'must be a ULID')

/** Clients in browsers have this file, too: no Node. */
function isWithin(maxBytes: number, text: string): boolean {
  return text.length <= maxBytes && new TextEncoder().encode(text).byteLength <= maxBytes
}

const withoutNul = (maxBytes: number) =>
  z
    .string()
    .refine((text) => !text.includes('\0'), 'must not contain a NUL byte')
    .refine((text) => isWithin(maxBytes, text), `must be at most ${maxBytes} bytes`)

const bytes = (maxBytes: number) =>
  z
    .instanceof(Uint8Array<ArrayBufferLike>)
    .refine((data) => data.byteLength <= maxBytes, `must be at most ${maxBytes} bytes`)

/** The path of the program's first file below the guest's working directory. */
const Entrypoint = z
  .string()
  .min(1)
  .max(4096)
  .refine((path) => !path.includes('\0'), 'must not contain a NUL byte')
  .refine((path) => !path.startsWith('/'), 'must be a relative path')
  .refine(
    (path) => path.split('/').every((part) => part !== '' && part !== '.' && part !== '..'),
    'must not contain empty, "." or ".." parts',
  )
  .refine(
    (path) => path.split('/').every((part) => isWithin(255, part)),
    'must not contain a name longer than 255 bytes',
  )

/** One run of some code: exactly one of `code` and `codeArchive`. */
export const WorkloadSpec = z
  .object({
    id: WorkloadId,
    runtime: Runtime,
    isolation: Isolation.default('auto'),
    /** The program's text; written to `entrypoint` in the guest. */
    code: withoutNul(WORKLOAD_LIMITS.codeBytes).optional(),
    /** A tar.gz with the program; unpacked in the guest only. */
    codeArchive: bytes(WORKLOAD_LIMITS.codeBytes).optional(),
    /** Default: the runtime's own (`main.py`, `index.js`, `main.go`). */
    entrypoint: Entrypoint.optional(),
    args: z.array(withoutNul(WORKLOAD_LIMITS.argBytes)).max(WORKLOAD_LIMITS.args).default([]),
    /** The program's standard input; absent means an empty one. */
    input: bytes(WORKLOAD_LIMITS.inputBytes).optional(),
    env: z
      .record(
        z.string().regex(/^[^=\0]+$/, 'must be a name without "="'),
        withoutNul(WORKLOAD_LIMITS.envValueBytes),
      )
      .refine(
        (env) => Object.keys(env).length <= WORKLOAD_LIMITS.envVariables,
        `must be at most ${WORKLOAD_LIMITS.envVariables} variables`,
      )
      .default({}),
    /** Default: the host's. */
    network: NetworkMode.optional(),
    cpus: z.int().min(1).max(WORKLOAD_LIMITS.cpus).optional(),
    memMib: z.int().min(WORKLOAD_LIMITS.memMibMin).max(WORKLOAD_LIMITS.memMibMax).optional(),
    timeoutS: z.int().min(1).max(WORKLOAD_LIMITS.timeoutS).default(30),
    /** For each of stdout and stderr. */
    outputLimitBytes: z
      .int()
      .min(0)
      .max(WORKLOAD_LIMITS.outputBytes)
      .default(16 * 1024 * 1024),
  })
  .refine((spec) => (spec.code === undefined) !== (spec.codeArchive === undefined), {
    message: 'exactly one of code and code_archive is needed',
    path: ['code'],
  })

export type WorkloadSpec = z.infer<typeof WorkloadSpec>
export type WorkloadSpecInput = z.input<typeof WorkloadSpec>
