import type { Artefact, StoredArtefact } from './artefact.ts'
import { UnknownImageError } from './errors.ts'
import { type ImageSummary, summarize } from './images.ts'
import { initrdArtefact } from './initrd.ts'
import { kernelArtefact } from './kernel.ts'
import { microvmKernelArtefact } from './microvm-kernel.ts'
import { runtimeRecipes } from './recipes/runtimes.ts'
import { rootfsArtefact } from './rootfs.ts'
import { DEFAULT_SCRATCH_MIB } from './scratch-drive.ts'
import { scratchArtefact } from './scratch-template.ts'
import { ensureArtefact } from './store.ts'

/** What a build is doing. */
export interface BuildProgress {
  /** The artefact: `kernel`, `initrd`, `scratch-1024`, or a runtime. */
  readonly step: string
  /** `running` comes as often as there is news; the others end the step. */
  readonly state: 'running' | 'built' | 'unchanged'
  readonly detail: string
  /** Since the step began. */
  readonly elapsedMs: number
}

export interface BuildImagesOptions {
  /** VULCAN_HOME. */
  readonly home: string
  /** The static `vulcan-guest`, which becomes `/init` of the initrd. */
  readonly guestPath: string
  /** Names of `imageNames`; all of them if absent. The initrd brings the kernel with it. */
  readonly only?: readonly string[]
  readonly onProgress?: (progress: BuildProgress) => void
  readonly signal?: AbortSignal
}

/** The images there are recipes for. */
export const imageNames: readonly string[] = [
  'kernel',
  'initrd',
  'scratch',
  ...runtimeRecipes.map((recipe) => recipe.runtime),
]

/**
 * Builds what is missing of the images into the store and sets the links, all of them at once; what is
 * there and has its size stays as it is (a few milliseconds for each). Needs the network, and programs
 * of Debian on the host, only where something is built. When one cannot be built the others are given
 * up.
 *
 * Throws `unknown_image`, `build_tool_missing`, `build_program_failed`, `guest_agent_missing`,
 * `kernel_format`, `link_occupied`, `no_space`, or the signal's reason.
 */
export async function buildImages(options: BuildImagesOptions): Promise<ImageSummary[]> {
  const wanted = new Set(options.only ?? imageNames)
  for (const name of wanted) {
    if (!imageNames.includes(name)) throw new UnknownImageError(name, imageNames)
  }
  const failed = new AbortController()
  const signal = AbortSignal.any([failed.signal, ...(options.signal ? [options.signal] : [])])
  const builds = buildsOf(wanted, { ...options, signal }).map(async (build) => {
    try {
      return await build
    } catch (error) {
      failed.abort(error)
      return []
    }
  })
  const built = await Promise.all(builds)
  failed.signal.throwIfAborted()
  return Promise.all(built.flat().map(summarize))
}

/** One for each that needs nothing of the others. */
function buildsOf(
  wanted: ReadonlySet<string>,
  options: BuildImagesOptions,
): Promise<StoredArtefact[]>[] {
  const alone = async (artefact: Artefact) => [await buildStep(artefact, options)]
  const boot = async () => {
    const kernel = await buildStep(kernelArtefact, options)
    if (!wanted.has('initrd')) return [kernel]
    return [kernel, await buildStep(await initrdArtefact(kernel, options.guestPath), options)]
  }
  return [
    ...(wanted.has('kernel') || wanted.has('initrd') ? [boot()] : []),
    ...(wanted.has('scratch') ? [alone(scratchArtefact(DEFAULT_SCRATCH_MIB))] : []),
    ...runtimeRecipes
      .filter(({ runtime }) => wanted.has(runtime))
      .map((recipe) => alone(rootfsArtefact(recipe))),
  ]
}

/**
 * Builds the kernel of our own configuration, and its initrd, where they are missing; then they are
 * `microvm/vmlinux` and `microvm/initrd` in VULCAN_HOME. It takes some minutes, and a compiler.
 *
 * Throws what `buildImages` throws.
 */
export async function buildMicrovmKernel(
  options: Omit<BuildImagesOptions, 'only'>,
): Promise<ImageSummary[]> {
  const kernel = await buildStep(microvmKernelArtefact, options)
  const initrd = await buildStep(
    {
      ...(await initrdArtefact(kernel, options.guestPath)),
      name: 'microvm-initrd',
      links: { 'microvm/initrd': 'initrd' },
    },
    options,
  )
  return Promise.all([kernel, initrd].map(summarize))
}

async function buildStep(artefact: Artefact, options: BuildImagesOptions): Promise<StoredArtefact> {
  const startedMs = performance.now()
  const report = (state: BuildProgress['state'], detail: string) =>
    options.onProgress?.({
      step: artefact.name,
      state,
      detail,
      elapsedMs: performance.now() - startedMs,
    })
  const stored = await ensureArtefact(options.home, artefact, {
    signal: options.signal,
    report: (detail) => report('running', detail),
  })
  report(stored.built ? 'built' : 'unchanged', stored.directory)
  return stored
}
