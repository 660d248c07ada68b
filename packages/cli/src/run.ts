import { Host, newWorkload, type RunReport } from '@vulcan/host'
import {
  NetworkMode,
  OUTCOMES,
  WORKLOAD_LIMITS,
  type WorkloadEvent,
  type WorkloadSpecInput,
} from '@vulcan/schema'
import { readAll, readBounded } from './input-files.ts'
import { Interruption } from './interruption.ts'
import { type Program, readProgram } from './program.ts'
import { parseBytes, parseCount, parseDurationS, parseMib, type Range } from './quantities.ts'
import { runDocument } from './run-document.ts'
import { flushed, type Narrator, writeThrough } from './terminal.ts'
import { UsageError } from './usage-error.ts'

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
  readonly json?: true
}

const { cpus, memMibMin, memMibMax, timeoutS, outputBytes } = WORKLOAD_LIMITS
const CPUS: Range = { min: 1, max: cpus, words: `1 to ${cpus}` }
const MEMORY: Range = {
  min: memMibMin,
  max: memMibMax,
  words: `${memMibMin}M to ${memMibMax / 1024}G`,
}
const TIMEOUT: Range = { min: 1, max: timeoutS, words: `1s to ${timeoutS / 3600}h` }
const OUTPUT_LIMIT: Range = { min: 0, max: outputBytes, words: `0 to ${outputBytes / 1024 ** 3}G` }

/** How long a reader may take for the output of a program that was ended from outside. */
const LAST_OUTPUT_DEADLINE_MS = 2_000

/**
 * Runs one program in a VM of its own and resolves with the exit code of the command: the program's
 * own, or its row in the table of outcomes. Throws `UsageError` or `InvalidWorkloadError` before
 * anything is made.
 */
export async function runCommand(
  operands: readonly string[],
  flags: RunFlags,
  narrator: Narrator,
): Promise<number> {
  const report = await runProgram(operands, flags, narrator)
  const endedFromOutside = report.reason !== 'exited' && report.reason !== 'oom'
  if (endedFromOutside && !(await flushed(process.stdout, LAST_OUTPUT_DEADLINE_MS))) {
    // Whoever stopped reading would keep this process for ever.
    process.exit(exitCode(report))
  }
  return exitCode(report)
}

async function runProgram(
  operands: readonly string[],
  flags: RunFlags,
  narrator: Narrator,
): Promise<RunReport> {
  const program = await readProgram(operands, flags, process.stdin)
  const workload = newWorkload(await toRequest(program, operands, flags))
  using interruption = new Interruption()
  const { signal } = interruption
  await using host = await Host.open({
    env: process.env,
    signal,
    onNotice: (message) => narrator.complain(message),
  })
  if (host.vmm?.isolationStrength === 'emulated') {
    narrator.remark(`isolation is emulated, which is no security boundary: ${host.vmm.reason}`)
  }
  const onEvent = flags.json ? undefined : liveOutput(narrator)
  const report = await host.run(workload, onEvent === undefined ? { signal } : { signal, onEvent })
  if (flags.json) {
    await writeThrough(
      process.stdout,
      Buffer.from(`${JSON.stringify(runDocument(report), null, 2)}\n`),
    )
  } else {
    tell(report, narrator)
  }
  return report
}

async function toRequest(
  program: Program,
  operands: readonly string[],
  flags: RunFlags,
): Promise<Omit<WorkloadSpecInput, 'id'>> {
  return {
    ...program,
    env: parseEnv(flags.env),
    input: await readInput(flags.input, operands[0] === '-' && flags.code === undefined),
    cpus: flags.cpus === undefined ? undefined : parseCount('--cpus', flags.cpus, CPUS),
    network: flags.network === undefined ? undefined : parseNetwork(flags.network),
    memMib: flags.memory === undefined ? undefined : parseMib('--memory', flags.memory, MEMORY),
    timeoutS: parseDurationS('--timeout', flags.timeout, TIMEOUT),
    outputLimitBytes: parseBytes('--output-limit', flags.outputLimit, OUTPUT_LIMIT),
  }
}

function parseNetwork(text: string): NetworkMode {
  const parsed = NetworkMode.safeParse(text)
  if (parsed.success) return parsed.data
  throw new UsageError(`--network is "${text}", but takes ${NetworkMode.options.join(', ')}`)
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

function liveOutput(narrator: Narrator): (event: WorkloadEvent) => Promise<void> {
  return async (event) => {
    if (event.type === 'output') return writeThrough(process[event.stream], event.bytes)
    narrator.remark(`${event.phase} at ${event.atMs} ms`)
  }
}

function tell(report: RunReport, narrator: Narrator): void {
  for (const stream of ['stdout', 'stderr'] as const) {
    if (report.truncated[stream]) narrator.complain(`${stream} was cut at --output-limit`)
  }
  const words = report.error
  if (report.reason === 'exited') {
    if (words !== '') narrator.complain(words)
    return
  }
  const advice = ADVICE[report.reason]
  narrator.complain([report.reason, words, advice].filter(Boolean).join(': '))
  narrator.quoteConsole(report.consoleTail)
}

/** For what has no remedy in its own words. */
const ADVICE: Readonly<Partial<Record<RunReport['reason'], string>>> = {
  boot_failed: 'see "vulcan doctor"',
  agent_unreachable: 'see "vulcan doctor"',
  vmm_crashed: 'see "vulcan doctor"',
}

function exitCode(report: RunReport): number {
  const { cliExitCode } = OUTCOMES[report.reason]
  return cliExitCode === 'program' ? (report.exitCode ?? 1) : cliExitCode
}
