import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { startFirecracker } from './firecracker.ts'
import type { GuestFiles, HandMade } from './guest-files.ts'
import { startQemu } from './qemu.ts'

const PORT = 1024

/** A process of the VM ended before its agent was ready. */
export class EndedError extends Error {
  readonly exitCode: number | null

  constructor(program: string, exitCode: number | null, by: string | null) {
    super(`${program} ended with ${exitCode ?? by}`)
    this.exitCode = exitCode
  }
}

/**
 * Starts the processes of a VM; resolves when its agent takes requests. Disposing kills them. Throws
 * `EndedError`, and the signal's reason; no process is left then.
 */
export async function bootOnce(
  files: GuestFiles,
  vm: HandMade,
  signal: AbortSignal,
): Promise<AsyncDisposable> {
  await using held = new AsyncDisposableStack()
  held.defer(() => rm(vm.udsPath, { force: true }))
  const ended = new AbortController()
  const hold = (child: ChildProcess) => {
    const exited = once(child, 'exit')
    exited.then(
      ([code, by]) => ended.abort(new EndedError(child.spawnfile, code, by)),
      (error) => ended.abort(error),
    )
    held.defer(async () => {
      child.kill('SIGKILL')
      await exited.catch(() => undefined)
    })
    return child
  }
  const bounded = AbortSignal.any([signal, ended.signal])
  const ready = dialled(`${vm.udsPath}_${PORT}`, bounded)
  // Whoever waits for it sees the error; until then nobody does.
  ready.catch(() => undefined)
  await (files.guest.vmm.name === 'firecracker'
    ? startFirecracker(files, vm, hold)
    : startQemu(files, vm, hold, bounded))
  await ready
  return held.move()
}

/** Resolves when the agent has connected, which is how it says that it listens. */
async function dialled(path: string, signal: AbortSignal): Promise<void> {
  const server = createServer((socket) => socket.destroy())
  try {
    server.listen(path)
    await once(server, 'connection', { signal })
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  } finally {
    server.close()
  }
}
