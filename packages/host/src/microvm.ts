import {
  FirecrackerBackend,
  Networks,
  readBootId,
  type VmmProgram,
} from '@vulcan/backend-firecracker'
import { ImageDamagedError, resolveImage, resolveRootfs } from '@vulcan/images'
import { messageOf, RUNTIMES } from '@vulcan/schema'
import type { FoundationOptions } from './foundation.ts'
import { type KvmFinding, tryKvm } from './kvm-trial.ts'
import { poolLimits } from './pool-limits.ts'
import { chooseVmm } from './preflight.ts'
import type { Settings } from './settings.ts'

/** A host's microVMs: the VMM they use, and what runs workloads in them. */
export interface Microvm {
  readonly program: VmmProgram
  readonly kvm: KvmFinding
  readonly backend: FirecrackerBackend
}

/**
 * Makes the backend if VMM, kernel, initrd and at least one image are there. Throws `NoVmmError`,
 * `ImageMissingError`, or the signal's reason.
 */
export async function openMicrovm(
  options: FoundationOptions & Settings & { readonly ownerId: string },
): Promise<Microvm> {
  const { layout, config, ownerId, signal, onNotice, retryTrials = false } = options
  await requireImages(options)
  await using held = new AsyncDisposableStack()
  const onError = (error: unknown) => onNotice(messageOf(error))
  const readySlots = options.readySlots ?? 0
  const networks = held.use(new Networks({ layout, config, ownerId, readySlots, onError }))
  const bootId = await readBootId()
  const base = { layout, config, ownerId, bootId, networks, onReleaseError: onError }
  const { vmWatcher: watcher, onStep, pool } = options
  const kvm = await tryKvm(base, options.vmm, { signal, retryTrials })
  const program = await chooseVmm(kvm, options.vmm, layout, config)
  held.move()
  return {
    program,
    kvm,
    backend: new FirecrackerBackend({
      ...{ ...base, program },
      pool: pool && poolLimits(pool, program),
      ...(watcher && { watcher }),
      ...(onStep && { onStep }),
    }),
  }
}

/**
 * Throws `ImageMissingError`. One that is damaged counts as there: each VM that needs it says so.
 */
async function requireImages({ config }: Settings): Promise<void> {
  await present(resolveImage('kernel', config.kernelPath))
  await present(resolveImage('initrd', config.initrdPath))
  const { rootfsDir } = config
  const images = RUNTIMES.map((runtime) => present(resolveRootfs({ rootfsDir, runtime })))
  await Promise.any(images).catch(async () => images[0])
}

async function present(image: Promise<unknown>): Promise<void> {
  try {
    await image
  } catch (error) {
    if (!(error instanceof ImageDamagedError)) throw error
  }
}
