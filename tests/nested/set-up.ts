import { resolve } from 'node:path'
import { runProgram } from './run-program.ts'

/** What the tests need is not there, and set-up has said why. */
export class SetUpError extends Error {}

/** Brings what a target of setup/setup needs. Throws `SetUpError`, or the signal's reason. */
export async function setUp(target: 'test' | 'test-nested', signal: AbortSignal): Promise<void> {
  const program = resolve(import.meta.dirname, '../../setup/setup')
  const code = await runProgram(program, [target], { signal })
  if (code !== 0) throw new SetUpError(`setup/setup ${target} exited with ${code}`)
}
