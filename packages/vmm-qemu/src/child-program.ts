import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { whenAborted } from './deadline.ts'
import { DeadlineError, ProgramEndedError } from './errors.ts'

const STDERR_TAIL_CHARACTERS = 4096
/** A killed process in an uninterruptible system call takes longer. */
const STOP_STAGES = [
  { signal: 'SIGTERM', timeoutMs: 2_000 },
  { signal: 'SIGKILL', timeoutMs: 10_000 },
] as const
const STOP_TIMEOUT_MS = STOP_STAGES.reduce((sum, { timeoutMs }) => sum + timeoutMs, 0)

export interface ChildProgramOptions {
  /** For messages. */
  readonly name: string
  readonly launchPath: string
  readonly launchArgs: readonly string[]
  readonly stdout: 'ignore' | 'inherit'
  /** The descriptors after stderr. */
  readonly more?: readonly 'pipe'[]
}

/**
 * A program started through vulcan-launch, with an empty environment. Disposing ends it, and
 * throws `DeadlineError` (`deadline`) where that takes too long.
 */
export class ChildProgram implements AsyncDisposable {
  readonly process: ChildProcess
  readonly #name: string
  readonly #ended = new AbortController()
  #stderrTail = ''

  constructor({ name, launchPath, launchArgs, stdout, more = [] }: ChildProgramOptions) {
    this.#name = name
    const stdio: StdioOptions = ['ignore', stdout, 'pipe', ...more]
    this.process = spawn(launchPath, launchArgs, { stdio, env: {} })
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderrTail = (this.#stderrTail + text).slice(-STDERR_TAIL_CHARACTERS)
    })
    this.process.on('error', (error) => {
      this.#stderrTail += error.message
      if (this.process.pid === undefined) this.#end(null, null)
    })
    // When it has ended and all that it wrote is read.
    this.process.on('close', (exitCode, signal) => this.#end(exitCode, signal))
  }

  /** Aborts when the program has ended, with a `ProgramEndedError` that says how. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { signal, timeoutMs } of STOP_STAGES) {
      if (this.ended.aborted) return
      this.process.kill(signal)
      // One that is stopped heeds it only then.
      this.process.kill('SIGCONT')
      await Promise.race([whenAborted(this.ended), whenAborted(AbortSignal.timeout(timeoutMs))])
    }
    if (!this.ended.aborted) throw new DeadlineError(`the end of ${this.#name}`, STOP_TIMEOUT_MS)
  }

  #end(exitCode: number | null, signal: NodeJS.Signals | null): void {
    const stderrTail = this.#stderrTail
    this.#ended.abort(new ProgramEndedError(this.#name, { exitCode, signal, stderrTail }))
  }
}
