import {
  FirecrackerBackend,
  Networks,
  readBootId,
  type VmmProgram,
} from '@vulcan/backend-firecracker'
import { ImageDamagedError, resolveImage, resolveRootfs } from '@vulcan/images'
import { RUNTIMES } from '@vulcan/schema'
import type { OpenHostOptions } from './host.ts'
import { chooseVmm } from './preflight.ts'
import type { Settings } from './settings.ts'

/** A host's microVMs: the VMM they use, and what runs workloads in them. */
export interface Microvm {
  readonly program: VmmProgram
  readonly backend: FirecrackerBackend
  readonly unavailable: ''
}

export interface Unavailable {
  readonly program: undefined
  readonly backend: undefined
  /** Why no VM can be started here. */
  readonly unavailable: string
}

/**
 * Makes the backend if VMM, kernel, initrd and at least one image are there; otherwise says what is
 * missing, also as a notice.
 */
export async function openMicrovm(
  options: OpenHostOptions & Settings & { readonly ownerId: string },
): Promise<Microvm | Unavailable> {
  const { layout, config, ownerId, signal, onNotice, retryTrials = false } = options
  const onError = (error: unknown) => onNotice(error instanceof Error ? error.message : `${error}`)
  const networks = new Networks({
    ...{ layout, config, ownerId, onError },
    readySlots: options.readySlots ?? 0,
  })
  const bootId = await readBootId()
  const base = { layout, config, ownerId, bootId, networks, onReleaseError: onError }
  try {
    await requireImages(options)
    const program = await chooseVmm(base, options.vmm, { signal, retryTrials })
    return { program, backend: new FirecrackerBackend({ ...base, program }), unavailable: '' }
  } catch (error) {
    await networks[Symbol.asyncDispose]()
    signal.throwIfAborted()
    const unavailable = error instanceof Error ? error.message : String(error)
    return { program: undefined, backend: undefined, unavailable }
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
