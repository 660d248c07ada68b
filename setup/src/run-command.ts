import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { VulcanError } from '@vulcan/schema'

const TAIL_LINES = 30
/** A program that ignores the polite signal gets the other one after this time. */
const GRACE_MS = 5000

/** A program that a step needs failed. The message ends with the last lines it printed. */
export class CommandFailedError extends VulcanError<'command_failed'> {
  readonly command: string
  readonly outputTail: string

  constructor(command: string, how: string, outputTail: string, options?: ErrorOptions) {
    const output = outputTail === '' ? '' : `\n${outputTail}`
    super('command_failed', `"${command}" ${how}${output}`, options)
    this.command = command
    this.outputTail = outputTail
  }
}

export interface CommandOptions {
  readonly signal: AbortSignal
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Called with every line of standard error, which is where our tools tell their progress. */
  readonly onLine?: (line: string) => void
}

/**
 * Runs a program to its end and returns its standard output without the last line feed.
 *
 * Throws `CommandFailedError` (`command_failed`), or the signal's reason once the program is gone.
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  { signal, cwd, env, onLine }: CommandOptions,
): Promise<string> {
  signal.throwIfAborted()
  const command = [program, ...args].join(' ')
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stop = () => {
    child.kill('SIGTERM')
    setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref()
  }
  signal.addEventListener('abort', stop, { once: true })
  const tail: string[] = []
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  createInterface({ input: child.stderr }).on('line', (line) => {
    tail.push(line)
    if (tail.length > TAIL_LINES) tail.shift()
    onLine?.(line)
  })
  try {
    const how = await endOf(child)
    signal.throwIfAborted()
    if (how !== undefined) throw new CommandFailedError(command, how, tail.join('\n'))
    return output.replace(/\n$/, '')
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** How a program failed, in words; undefined if it did not. */
function endOf(child: ReturnType<typeof spawn>): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`))
    child.once('close', (code, endedBy) => {
      if (code === 0) resolve(undefined)
      else resolve(endedBy === null ? `exited with ${code}` : `was ended by ${endedBy}`)
    })
  })
}
