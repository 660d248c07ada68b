import { NetworkMode, WORKLOAD_LIMITS } from '@vulcan/schema'
import { readAll, readBounded } from './input-files.ts'
import type { RunRequest } from './prepared-run.ts'
import { readProgram } from './program.ts'
import {
  CPUS,
  MEMORY,
  optional,
  parseBytes,
  parseCount,
  parseDurationS,
  parseMib,
  type Range,
} from './quantities.ts'
import { UsageError } from './usage-error.ts'
import { parseWord } from './word.ts'

/** The flags of `vulcan run`, as commander gives them. */
export interface RunFlags {
  readonly code?: string
  readonly runtime?: string
  readonly entrypoint?: string
  readonly timeout: string
  readonly cpus?: string
  readonly memory?: string
  readonly network?: string
  readonly env: readonly string[]
  readonly input?: string
  readonly outputLimit: string
  readonly detach?: true
  readonly json?: true
  readonly trace?: true
}

const { timeoutS, outputBytes } = WORKLOAD_LIMITS
const TIMEOUT: Range = { min: 1, max: timeoutS, words: `1s to ${timeoutS / 3600}h` }
const OUTPUT_LIMIT: Range = { min: 0, max: outputBytes, words: `0 to ${outputBytes / 1024 ** 3}G` }

/** What the command line asks for. Throws `UsageError`. */
export async function readRequest(
  operands: readonly string[],
  flags: RunFlags,
): Promise<RunRequest> {
  const program = await readProgram(operands, flags, process.stdin)
  return {
    ...program,
    env: parseEnv(flags.env),
    input: await readInput(flags.input, operands[0] === '-' && flags.code === undefined),
    cpus: optional(flags.cpus, (text) => parseCount('--cpus', text, CPUS)),
    network: optional(flags.network, (text) => parseWord('--network', text, NetworkMode.options)),
    memMib: optional(flags.memory, (text) => parseMib('--memory', text, MEMORY)),
    timeoutS: parseDurationS('--timeout', flags.timeout, TIMEOUT),
    outputLimitBytes: parseBytes('--output-limit', flags.outputLimit, OUTPUT_LIMIT),
  }
}

function parseEnv(assignments: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    assignments.map((assignment) => {
      const at = assignment.indexOf('=')
      if (at < 1) throw new UsageError(`-e is "${assignment}", but takes NAME=VALUE`)
      return [assignment.slice(0, at), assignment.slice(at + 1)]
    }),
  )
}

async function readInput(
  path: string | undefined,
  stdinIsCode: boolean,
): Promise<Buffer | undefined> {
  if (path === undefined) return undefined
  if (path !== '-') return readBounded(path, WORKLOAD_LIMITS.inputBytes)
  if (stdinIsCode) throw new UsageError('standard input cannot be both the code and the input')
  return readAll(process.stdin, WORKLOAD_LIMITS.inputBytes, 'the input on standard input')
}
