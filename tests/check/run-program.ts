import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/** What a program came to. Both streams are in `output`, one after the other. */
export interface Ended {
  readonly code: number | null
  readonly output: string
}

/** Runs a program to its end; one that node:test started too must not take part in our own run. */
export async function runProgram(
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<Ended> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = await closed
  return { code, output: stdout + stderr }
}
