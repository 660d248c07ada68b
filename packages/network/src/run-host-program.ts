import { NetworkError, type NetworkErrorCode } from './errors.ts'
import { type HostProgram, hostProgram, PROGRAM_DIRS } from './host-programs.ts'
import { machineDeadlineMs } from './machine-deadline.ts'
import { describeEnd, runProgram } from './run-program.ts'

const DEADLINE_MS = machineDeadlineMs(10_000)

/** What the callers of programs match is not translated. */
const ENVIRONMENT = { PATH: PROGRAM_DIRS.join(':'), LC_ALL: 'C' }

export interface HostProgramRun {
  readonly program: HostProgram
  readonly args: readonly string[]
  readonly input?: string
  /** The code of the error when the program fails. */
  readonly code: NetworkErrorCode
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs one of the host's programs and returns its standard output. Throws `NetworkError` with the
 * code given, `program_missing`, or the signal's reason.
 */
export async function runHostProgram(run: HostProgramRun): Promise<string> {
  const { end, stdout, stderr } = await runProgram({
    path: await hostProgram(run.program),
    args: run.args,
    env: ENVIRONMENT,
    deadlineMs: DEADLINE_MS,
    ...(run.input === undefined ? {} : { input: run.input }),
    signal: run.signal,
  })
  if (end.type === 'exited' && end.exitCode === 0) return stdout
  const step = [run.program, ...run.args].join(' ')
  throw new NetworkError(run.code, `"${step}" ${describeEnd(end)}`, { step, stderrTail: stderr })
}

/** Whether a program failed because what it should change is not there. */
export function saysNotThere(error: unknown): boolean {
  return (
    error instanceof NetworkError &&
    /No such file or directory|Cannot find device|does not exist/.test(error.stderrTail)
  )
}
