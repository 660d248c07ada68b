import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createScratchDrive, DEFAULT_SCRATCH_MIB } from '@vulcan/images'
import type { Runtime } from '@vulcan/schema'
import { startFirecracker } from './firecracker.ts'
import { type GuestFiles, handMade } from './guest-files.ts'
import { startQemu } from './qemu.ts'

const PORT = 1024

/** A VM whose agent takes requests; disposing kills it. */
export interface OpenVm extends AsyncDisposable {
  readonly udsPath: string
  /** From the first thing that was done for it. */
  readonly readyMs: number
}

/**
 * Starts a VMM as one would by hand, with the same kernel, initrd, image, scratch drive and kernel
 * command line as `vulcan run`, and nothing around it. Throws when a process of it ends, and the
 * signal's reason; nothing is left then.
 */
export async function startByHand(
  files: GuestFiles,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<OpenVm> {
  const startedAtMs = performance.now()
  await using held = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), 'bh-'))
  held.defer(() => rm(directory, { recursive: true, force: true }))
  const vm = handMade(files, runtime, directory)
  const { homeDir, guest } = files
  await createScratchDrive({ home: homeDir, path: vm.scratch, sizeMib: DEFAULT_SCRATCH_MIB })
  const ended = new AbortController()
  const hold = (child: ChildProcess) => {
    const exited = once(child, 'exit')
    exited.then(
      ([code, by]) => ended.abort(new Error(`${child.spawnfile} ended with ${code ?? by}`)),
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
  await (guest.vmm.name === 'firecracker'
    ? startFirecracker(files, vm, hold)
    : startQemu(files, vm, hold, bounded))
  await ready
  const readyMs = performance.now() - startedAtMs
  const running = held.move()
  return {
    udsPath: vm.udsPath,
    readyMs,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
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
