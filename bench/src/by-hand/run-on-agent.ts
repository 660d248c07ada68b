import type { Program } from '../programs.ts'
import { askAgent } from './agent.ts'

/** What the guest's agent gives a program, and how long its answer is waited for. */
const TIMEOUT_S = 120
const ANSWER_DEADLINE_MS = (TIMEOUT_S + 10) * 1000

/** What a program writes in an open VM. Throws unless it ends well, and as `askAgent`. */
export async function runOnAgent(
  udsPath: string,
  { runtime, code }: Program,
  signal: AbortSignal,
): Promise<string> {
  const request = { type: 'run', runtime, code, timeout_s: TIMEOUT_S }
  const options = { signal, deadlineMs: ANSWER_DEADLINE_MS }
  const { stdout, response } = await askAgent(udsPath, request, options)
  const { reason, exit_code: exitCode } = response
  if (reason !== 'exited' || exitCode !== 0) {
    throw new Error(`the program did not end well: ${JSON.stringify(response)}`)
  }
  return stdout
}
