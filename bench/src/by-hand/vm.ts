import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createScratchDrive, DEFAULT_SCRATCH_MIB } from '@vulcan/images'
import type { Runtime } from '@vulcan/schema'
import { bootOnce, EndedError } from './boot-once.ts'
import { type GuestFiles, type HandMade, handMade } from './guest-files.ts'

/** As vulcan-vmm. */
const RESTARTS_MAX = 10
/** Of all of them together: ten emulated guests that boot at once on two cores take half a minute. */
const BOOT_DEADLINE_MS = 300_000

/** A VM whose agent takes requests; disposing kills it. */
export interface OpenVm extends AsyncDisposable {
  readonly udsPath: string
  /** From the first thing that was done for it. */
  readonly readyMs: number
}

/**
 * Starts a VMM as one would by hand, with the same kernel, initrd, image, scratch drive and kernel
 * command line as `vulcan run`, and nothing around it. Throws when a process of it ends, when its agent
 * is not ready within five minutes, and the signal's reason; nothing is left then.
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
  const { homeDir: home } = files
  await createScratchDrive({ home, path: vm.scratch, sizeMib: DEFAULT_SCRATCH_MIB })
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(BOOT_DEADLINE_MS)])
  held.use(await boot(files, vm, bounded))
  const readyMs = performance.now() - startedAtMs
  const running = held.move()
  return {
    udsPath: vm.udsPath,
    readyMs,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** A guest that powers off asks to be started again: its kernel measured its timer wrong. */
async function boot(
  files: GuestFiles,
  vm: HandMade,
  signal: AbortSignal,
): Promise<AsyncDisposable> {
  for (let left = RESTARTS_MAX; ; left -= 1) {
    try {
      return await bootOnce(files, vm, signal)
    } catch (error) {
      const isPowerOff = error instanceof EndedError && error.exitCode === 0
      if (!isPowerOff || left === 0) throw error
    }
  }
}
