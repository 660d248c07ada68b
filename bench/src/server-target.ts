import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A server under measurement: anything that speaks `http-api.md`. */
export interface Target {
  readonly name: string
  readonly url: string
  readonly key: string | undefined
  /** Whose time and memory are read; undefined when it is on another machine. */
  readonly pid: number | undefined
}

/** A host of our own, in a process and a directory of its own. */
export interface OwnHost extends Target, AsyncDisposable {
  readonly pid: number
}

/** Clock ticks of /proc/PID/stat in a second: USER_HZ, which is 100 on all of Linux's machines. */
const TICKS_PER_S = 100

/** Starts a host in a directory of its own, which may hold the store of an earlier one. */
export async function startOwnHost(name: string, directory: string): Promise<OwnHost> {
  await using held = new AsyncDisposableStack()
  const program = join(import.meta.dirname, 'server-host.ts')
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

/** The processor time that the server has used, in milliseconds; NaN when that cannot be known. */
export async function cpuMs({ pid }: Target): Promise<number> {
  if (pid === undefined) return Number.NaN
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  // The second field, a name in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [utime, stime] = [fields[11], fields[12]].map(Number)
  return (((utime ?? 0) + (stime ?? 0)) * 1000) / TICKS_PER_S
}

/** What of the server is in memory, in MiB; NaN when that cannot be known. */
export async function residentMib({ pid }: Target): Promise<number> {
  if (pid === undefined) return Number.NaN
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
}
