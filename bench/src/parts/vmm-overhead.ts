import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { watch } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pssMib as pssMibOf } from '../facts/processes.ts'
import { HEADER, row, summarize } from '../statistics.ts'

/** Any uid will do: no guest is started. */
const UID = '1900004095'

/** What vulcan-vmm itself takes: time to its API socket, and proportional memory (PSS) then. */
export async function benchVmmOverhead(libexecDir: string, runs: number): Promise<object> {
  const startsMs: number[] = []
  const pssMib: number[] = []
  for (let run = 0; run < runs; run += 1) {
    const directory = await mkdtemp(join(tmpdir(), 'vmm-'))
    const socket = join(directory, 'api.sock')
    const startedAtMs = performance.now()
    const appeared = socketAppears(directory, socket)
    const child = spawn(
      join(libexecDir, 'vulcan-vmm'),
      ['--api-sock', socket, '--id', 'bench', '--uid', UID, '--gid', UID],
      { stdio: 'ignore', env: { PATH: process.env['PATH'], VULCAN_LIBEXEC: libexecDir } },
    )
    await appeared
    startsMs.push(performance.now() - startedAtMs)
    if (child.pid === undefined) throw new Error('vulcan-vmm could not be spawned')
    pssMib.push(await pssMibOf(child.pid))
    child.kill('SIGTERM')
    await once(child, 'exit')
    await rm(directory, { recursive: true })
  }
  console.log(HEADER)
  console.log(row('vulcan-vmm, to its API socket', summarize(startsMs), 'ms'))
  console.log(row('vulcan-vmm, PSS when it listens', summarize(pssMib), 'MiB'))
  return { name: 'vmm-overhead', startsMs, pssMib }
}

async function socketAppears(directory: string, socket: string): Promise<void> {
  const watcher = watch(directory)
  try {
    while ((await stat(socket, { throwIfNoEntry: false })) === undefined)
      await once(watcher, 'change')
  } finally {
    watcher.close()
  }
}
