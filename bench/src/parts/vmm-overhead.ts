import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { watch } from 'node:fs'
import { mkdtempDisposable, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pssMib as pssMibOf } from '../facts/processes.ts'
import { HEADER, row, summarize } from '../statistics.ts'

/** Any uid will do: no guest is started. */
const UID = '1900004095'
const START_DEADLINE_MS = 60_000

/** What vulcan-vmm itself takes: time to its API socket, and proportional memory (PSS) then. */
export async function benchVmmOverhead(
  libexecDir: string,
  runs: number,
  signal: AbortSignal,
): Promise<object> {
  const startsMs: number[] = []
  const pssMib: number[] = []
  for (let run = 0; run < runs; run += 1) {
    const overhead = await startOnce(libexecDir, signal)
    startsMs.push(overhead.startMs)
    pssMib.push(overhead.pssMib)
  }
  console.log(HEADER)
  console.log(row('vulcan-vmm, to its API socket', summarize(startsMs), 'ms'))
  console.log(row('vulcan-vmm, PSS when it listens', summarize(pssMib), 'MiB'))
  return { name: 'vmm-overhead', startsMs, pssMib }
}

/** Throws when it ends before it listens, does not within the deadline, and the signal's reason; it is gone then. */
async function startOnce(
  libexecDir: string,
  signal: AbortSignal,
): Promise<{ startMs: number; pssMib: number }> {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vmm-'))
  const socket = join(directory.path, 'api.sock')
  const ended = new AbortController()
  const bounded = AbortSignal.any([signal, ended.signal, AbortSignal.timeout(START_DEADLINE_MS)])
  const startedAtMs = performance.now()
  const appeared = socketAppears(directory.path, socket, bounded)
  const child = spawn(
    join(libexecDir, 'vulcan-vmm'),
    ['--api-sock', socket, '--id', 'bench', '--uid', UID, '--gid', UID],
    { stdio: 'ignore', env: { PATH: process.env['PATH'], VULCAN_LIBEXEC: libexecDir } },
  )
  const exited = once(child, 'exit')
  exited.then(
    ([code, by]) => ended.abort(new Error(`vulcan-vmm ended with ${code ?? by}`)),
    (error) => ended.abort(error),
  )
  try {
    await appeared
    const startMs = performance.now() - startedAtMs
    return { startMs, pssMib: await pssMibOf(child.pid ?? Number.NaN) }
  } finally {
    child.kill('SIGTERM')
    await exited.catch(() => undefined)
  }
}

async function socketAppears(
  directory: string,
  socket: string,
  signal: AbortSignal,
): Promise<void> {
  const watcher = watch(directory)
  try {
    while ((await stat(socket, { throwIfNoEntry: false })) === undefined)
      await once(watcher, 'change', { signal })
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  } finally {
    watcher.close()
  }
}
