import type { Isolation, NetworkMode, Runtime, WorkloadBodyInput } from '@vulcan/schema'
import { toBase64 } from './base64.ts'

/** What is to be run: exactly one of `code` and `codeArchive`. What is not said has a default. */
export interface NewWorkload {
  readonly runtime: Runtime
  /** The program's text. */
  readonly code?: string | undefined
  /** A tar.gz with the program; unpacked in the VM. */
  readonly codeArchive?: Uint8Array | undefined
  /** The program's first file (default: `main.py`, `index.js` or `main.go`). */
  readonly entrypoint?: string | undefined
  readonly args?: readonly string[] | undefined
  /** The program's standard input (default: an empty one). */
  readonly stdin?: string | Uint8Array | undefined
  /** Any JSON, which becomes the program's standard input; instead of `stdin`. */
  readonly input?: WorkloadBodyInput['input']
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Default: the host's, usually none. */
  readonly network?: NetworkMode | undefined
  readonly cpus?: number | undefined
  readonly memMib?: number | undefined
  /** From the program's start (default 30). */
  readonly timeoutS?: number | undefined
  /** For each of stdout and stderr (default 1 MiB, at most 16 MiB). */
  readonly outputLimitBytes?: number | undefined
  /** From 0 to 9 (default 5): of your own waiting workloads the highest runs first. */
  readonly priority?: number | undefined
  readonly isolation?: Isolation | undefined
}

/** The body of a request, as JSON text. */
export function encodeNewWorkload(workload: NewWorkload): string {
  const { runtime, isolation, code, entrypoint, input, env, network, priority } = workload
  const { codeArchive, args, stdin, cpus, memMib, timeoutS, outputLimitBytes } = workload
  // An absent field is left out by JSON.
  const body: { [Name in keyof WorkloadBodyInput]: WorkloadBodyInput[Name] | undefined } = {
    ...{ runtime, isolation, code, entrypoint, input, env, network, priority },
    code_archive: codeArchive && toBase64(codeArchive),
    args: args && [...args],
    stdin: stdin === undefined ? undefined : toBase64(toBytes(stdin)),
    resources: { cpus, mem_mb: memMib, timeout_s: timeoutS } as WorkloadBodyInput['resources'],
    output_limit_bytes: outputLimitBytes,
  }
  return JSON.stringify(body)
}

function toBytes(data: string | Uint8Array): Uint8Array {
  return typeof data === 'string' ? new TextEncoder().encode(data) : data
}
