import { readdir, stat } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import type { Readable } from 'node:stream'
import { RUNTIMES, Runtime, WORKLOAD_LIMITS } from '@vulcan/schema'
import { packDirectory } from './archive.ts'
import { cannotRead, readAll, readBounded } from './input-files.ts'
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

/** The runtimes' own entrypoints, for a directory that does not say which file to run. */
const DEFAULT_ENTRYPOINTS = { python: 'main.py', node: 'index.js', go: 'main.go' } as const

/** What `run` was told to run: exactly one of `code` and `codeArchive`. */
export interface Program {
  readonly runtime: Runtime
  readonly code?: string
  readonly codeArchive?: Uint8Array
  /** A file keeps its name in the guest; nameless code gets the runtime's default. */
  readonly entrypoint?: string
  readonly args: string[]
}

/** What the flags say of the program. */
export interface ProgramFlags {
  readonly code?: string | undefined
  readonly runtime?: string | undefined
  readonly entrypoint?: string | undefined
}

/**
 * Finds the program: `FILE args…`, `DIRECTORY args…`, `ARCHIVE.tar.gz args…`, `- args…` (code on
 * standard input) or `-c CODE args…`. Throws `UsageError` for what cannot be read, is too large or
 * of an unknown kind.
 */
export async function readProgram(
  operands: readonly string[],
  flags: ProgramFlags,
  stdin: Readable,
): Promise<Program> {
  const runtime = flags.runtime === undefined ? undefined : parseRuntime(flags.runtime)
  if (flags.code !== undefined) return nameless(flags.code, runtime, operands)
  const [path, ...args] = operands
  if (path === undefined) throw new UsageError('nothing to run: name a FILE, "-" or -c CODE')
  if (path === '-') {
    const code = await readAll(stdin, WORKLOAD_LIMITS.codeBytes, 'the code on standard input')
    return nameless(decode(code, 'standard input'), runtime, args)
  }
  if (await isDirectory(path)) return { ...(await readDirectory(path, flags, runtime)), args }
  if (/\.(tar\.gz|tgz)$/.test(path)) return { ...(await readArchive(path, flags, runtime)), args }
  if (flags.entrypoint !== undefined) {
    throw new UsageError(`--entrypoint is for directories and archives; ${path} is neither`)
  }
  const code = decode(await readBounded(path, WORKLOAD_LIMITS.codeBytes), path)
  return { runtime: runtime ?? guessRuntime(path), code, entrypoint: basename(path), args }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (cause) {
    throw cannotRead(path, cause)
  }
}

async function readDirectory(path: string, flags: ProgramFlags, wanted: Runtime | undefined) {
  const entrypoint = flags.entrypoint ?? (await findEntrypoint(path, wanted))
  const runtime = wanted ?? guessRuntime(entrypoint)
  return { runtime, entrypoint, codeArchive: await packDirectory(path, entrypoint) }
}

async function readArchive(
  path: string,
  { entrypoint }: ProgramFlags,
  wanted: Runtime | undefined,
) {
  if (entrypoint === undefined) {
    throw new UsageError(`${path} is an archive: say which of its files to run with --entrypoint`)
  }
  const codeArchive = await readBounded(path, WORKLOAD_LIMITS.codeBytes)
  return { runtime: wanted ?? guessRuntime(entrypoint), entrypoint, codeArchive }
}

async function findEntrypoint(directory: string, wanted: Runtime | undefined): Promise<string> {
  const names = new Set(await readdir(directory))
  const candidates = (wanted === undefined ? RUNTIMES : [wanted])
    .map((runtime) => DEFAULT_ENTRYPOINTS[runtime])
    .filter((name) => names.has(name))
  const [found, ...others] = candidates
  if (found !== undefined && others.length === 0) return found
  const problem = found === undefined ? 'no' : 'more than one'
  const known = Object.values(DEFAULT_ENTRYPOINTS).join(', ')
  throw new UsageError(`${directory} has ${problem} file of ${known}: say which with --entrypoint`)
}

function nameless(code: string, runtime: Runtime | undefined, args: readonly string[]): Program {
  return { runtime: runtime ?? RUNTIME_OF_NAMELESS, code, args: [...args] }
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
