import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/** Of what a program complains about. */
const LINE_LENGTH_MAX = 300

export interface RunProgramOptions {
  readonly signal: AbortSignal
  /** Becomes its standard input. */
  readonly input?: string
}

/** Runs a program of this machine; resolves with what it wrote, and throws unless it exits with 0. */
export async function runProgram(
  [program = '', ...args]: readonly string[],
  { signal, input = '' }: RunProgramOptions,
): Promise<string> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], signal })
  const closed = once(child, 'close')
  // A program that does not read what it is given is no error.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    closed,
  ])
  if (exitCode !== 0) {
    const [line = ''] = stderr.trim().split('\n')
    throw new Error(`${program} exited with ${exitCode}: ${line.slice(0, LINE_LENGTH_MAX)}`)
  }
  return stdout
}
