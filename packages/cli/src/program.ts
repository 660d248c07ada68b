import { readFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import type { Readable } from 'node:stream'
import { RUNTIMES, Runtime, WORKLOAD_LIMITS } from '@vulcan/schema'
import { UsageError } from './usage-error.ts'

const RUNTIME_BY_SUFFIX: Readonly<Record<string, Runtime>> = {
  '.py': 'python',
  '.js': 'node',
  '.mjs': 'node',
  '.cjs': 'node',
  '.ts': 'node',
  '.go': 'go',
}
/** For code without a name: `-c` and standard input. */
const RUNTIME_OF_NAMELESS: Runtime = 'python'

/** What `run` was told to run. */
export interface Program {
  readonly runtime: Runtime
  readonly code: string
  /** The file keeps its name in the guest; nameless code gets the runtime's default. */
  readonly entrypoint: string | undefined
  readonly args: string[]
}

/**
 * Finds the program: `FILE args…`, `- args…` (code on standard input) or `-c CODE args…`. Throws
 * `UsageError` for a file that cannot be read, is too large or of an unknown kind.
 */
export async function readProgram(
  operands: readonly string[],
  options: { code: string | undefined; runtime: string | undefined },
  stdin: Readable,
): Promise<Program> {
  const runtime = options.runtime === undefined ? undefined : parseRuntime(options.runtime)
  if (options.code !== undefined) {
    return nameless(options.code, runtime, [...operands])
  }
  const [file, ...args] = operands
  if (file === undefined) throw new UsageError('nothing to run: name a FILE, "-" or -c CODE')
  if (file === '-') {
    const code = await readAll(stdin, WORKLOAD_LIMITS.codeBytes, 'the code on standard input')
    return nameless(decode(code, 'standard input'), runtime, args)
  }
  const entrypoint = basename(file)
  const code = decode(await readBounded(file, WORKLOAD_LIMITS.codeBytes), file)
  return { runtime: runtime ?? guessRuntime(file), code, entrypoint, args }
}

/** Reads a file for the guest. Throws `UsageError` when it cannot be read or is over the limit. */
export async function readBounded(path: string, limitBytes: number): Promise<Buffer> {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (cause) {
    throw new UsageError(`cannot read ${path}: ${describeErrno(cause)}`, { cause })
  }
  if (bytes.byteLength > limitBytes) throw tooLarge(path, limitBytes)
  return bytes
}

/** Reads a stream to its end. Throws `UsageError` over the limit. */
export async function readAll(stream: Readable, limitBytes: number, what: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    if (bytes > limitBytes) throw tooLarge(what, limitBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function nameless(code: string, runtime: Runtime | undefined, args: string[]): Program {
  return { runtime: runtime ?? RUNTIME_OF_NAMELESS, code, entrypoint: undefined, args }
}

function parseRuntime(name: string): Runtime {
  const parsed = Runtime.safeParse(name)
  if (parsed.success) return parsed.data
  throw new UsageError(`unknown runtime "${name}": --runtime takes ${RUNTIMES.join(', ')}`)
}

function guessRuntime(file: string): Runtime {
  const suffix = extname(file)
  const runtime = RUNTIME_BY_SUFFIX[suffix]
  if (runtime !== undefined) return runtime
  const known = Object.keys(RUNTIME_BY_SUFFIX).join(' ')
  throw new UsageError(
    `${file}: the runtime of "${suffix}" is not known (known: ${known}): add --runtime`,
  )
}

function decode(bytes: Buffer, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new UsageError(`${what} is not a program: it is not UTF-8 text`, { cause })
  }
}

function tooLarge(what: string, limitBytes: number): UsageError {
  return new UsageError(`${what} is larger than the limit of ${limitBytes} bytes`)
}

function describeErrno(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return 'no such file'
  if (code === 'EISDIR') return 'it is a directory'
  if (code === 'EACCES') return 'permission denied'
  return error instanceof Error ? error.message : String(error)
}
