import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** How long a program may take to end by itself when it is told to. */
const GRACE_MS = 10_000

/**
 * Runs a program that writes where this process does, and resolves to its exit code. An abort ends it;
 * then this throws the signal's reason.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  { signal, env }: { readonly signal: AbortSignal; readonly env?: NodeJS.ProcessEnv },
): Promise<number> {
  signal.throwIfAborted()
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', program, ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: env ?? process.env,
  })
  let killing: NodeJS.Timeout | undefined
  const end = () => {
    child.kill('SIGTERM')
    killing = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
  }
  signal.addEventListener('abort', end, { once: true })
  try {
    const [code] = await once(child, 'exit')
    signal.throwIfAborted()
    return code ?? 1
  } finally {
    clearTimeout(killing)
    signal.removeEventListener('abort', end)
  }
}
