import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Target } from '../../served/target.ts'

/** A host of our own, in a process and a directory of its own. */
export interface OwnHost extends Target, AsyncDisposable {
  readonly pid: number
}

/** Starts a host in a directory of its own, which may hold the store of an earlier one. */
export async function startOwnHost(name: string, directory: string): Promise<OwnHost> {
  await using held = new AsyncDisposableStack()
  const program = join(import.meta.dirname, 'host.ts')
  // As `bin/vulcan` starts a server; ours, to profile it, come last.
  const options = ['--max-semi-space-size=4', ...process.execArgv]
  const child = spawn(process.execPath, [...options, program, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  held.defer(async () => {
    child.kill('SIGTERM')
    await exited
  })
  const lines = createInterface({ input: child.stdout })
  const [url] = await Promise.race([once(lines, 'line'), exited])
  if (typeof url !== 'string' || child.pid === undefined) {
    throw new Error(`the host of the benchmark did not start: it exited with ${url}`)
  }
  const stopped = held.move()
  return {
    name,
    url,
    key: undefined,
    pid: child.pid,
    [Symbol.asyncDispose]: () => stopped.disposeAsync(),
  }
}
