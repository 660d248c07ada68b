import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, constants } from 'node:fs/promises'
import { delimiter, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { BuildProgramError, BuildToolMissingError, type ProgramEnd } from './errors.ts'

const STDERR_TAIL_LINES = 20
const STDERR_LINE_CHARS = 400
/** How long a program may take to clean up after SIGTERM before it is killed. */
const TERMINATION_GRACE_MS = 10_000

// Debian keeps the tools of file systems out of an ordinary user's PATH.
const searchPath = [process.env['PATH'] ?? '', '/usr/local/sbin', '/usr/sbin', '/sbin'].join(
  delimiter,
)

export interface ProgramRun {
  readonly program: string
  readonly args: readonly string[]
  /** A command that executes the program with its arguments, such as `unshare --mount`. */
  readonly via?: readonly string[]
  /** The Debian package that holds the program. */
  readonly aptPackage: string
  readonly deadlineMs: number
  readonly signal?: AbortSignal | undefined
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Called for each line on standard error. */
  readonly onLine?: (line: string) => void
}

/** The path of a program, given by its name or already a path. Throws `build_tool_missing` where it is not installed. */
export async function findProgram(program: string, aptPackage: string): Promise<string> {
  for (const directory of searchPath.split(delimiter)) {
    const path = resolve(directory, program)
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return path
  }
  throw new BuildToolMissingError(program, aptPackage)
}

/**
 * Runs a program to its end. An abort or the deadline ends its whole process group: SIGTERM, so
 * that it can clean up, and SIGKILL 10 s later.
 *
 * Throws `build_tool_missing`, `build_program_failed`, or the signal's reason.
 */
export async function runProgram(run: ProgramRun): Promise<void> {
  run.signal?.throwIfAborted()
  const child = spawn(await findProgram('setpriv', 'util-linux'), await commandOf(run), {
    cwd: run.cwd,
    env: { ...process.env, ...run.env, PATH: searchPath },
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const tail: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    tail.push(line.slice(0, STDERR_LINE_CHARS))
    if (tail.length > STDERR_TAIL_LINES) tail.shift()
    run.onLine?.(line)
  })
  const end = await endOf(child, run)
  run.signal?.throwIfAborted()
  if (end.type === 'exited' && end.exitCode === 0) return
  throw new BuildProgramError(run.program, end, tail.join('\n'))
}

/** The arguments of `setpriv`, which sets the parent-death signal and executes the rest. */
async function commandOf(run: ProgramRun): Promise<string[]> {
  const program = await findProgram(run.program, run.aptPackage)
  return ['--pdeathsig', 'KILL', '--', ...(run.via ?? []), program, ...run.args]
}

async function endOf(
  child: ChildProcessByStdio<null, null, Readable>,
  run: ProgramRun,
): Promise<ProgramEnd> {
  const deadline = AbortSignal.timeout(run.deadlineMs)
  const stop = AbortSignal.any(run.signal ? [run.signal, deadline] : [deadline])
  let killTimer: NodeJS.Timeout | undefined
  const terminate = () => {
    signalGroup(child, 'SIGTERM')
    killTimer = setTimeout(() => {
      signalGroup(child, 'SIGKILL')
      child.stderr.destroy()
    }, TERMINATION_GRACE_MS)
  }
  stop.addEventListener('abort', terminate, { once: true })
  // One that was aborted before, while the program was looked up, tells nobody any more.
  if (stop.aborted) terminate()
  try {
    // Not "exit": as long as standard error is open somebody of the group lives, and the group's
    // number cannot belong to others.
    const [exitCode, signal] = await once(child, 'close')
    if (deadline.aborted) return { type: 'timed_out', deadlineMs: run.deadlineMs }
    return signal === null ? { type: 'exited', exitCode } : { type: 'signalled', signal }
  } finally {
    clearTimeout(killTimer)
    stop.removeEventListener('abort', terminate)
  }
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
