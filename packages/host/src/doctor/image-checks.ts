import type { FirecrackerConfig } from '@vulcan/backend-firecracker'
import {
  ImageDamagedError,
  ImageMissingError,
  type ResolvedImage,
  resolveImage,
  resolveRootfs,
} from '@vulcan/images'
import { messageOf, RUNTIMES } from '@vulcan/schema'
import { type Check, type Finding, fail, ok, warn } from './check.ts'
import { kernelProblem } from './kernel-problem.ts'

const BUILD = 'run "vulcan images build"'

type Otherwise = (finding: string, remedy: string) => Finding

/** Kernel, initrd and the image of each runtime, of which one is enough. */
export function imageChecks(config: FirecrackerConfig): Check[] {
  const { rootfsDir } = config
  const checks: Check[] = [
    { code: 'kernel', run: () => checkKernel(config.kernelPath) },
    { code: 'initrd', run: () => found(() => resolveImage('initrd', config.initrdPath), fail) },
    ...RUNTIMES.map((runtime) => ({
      code: `image_${runtime}`,
      run: () => found(() => resolveRootfs({ rootfsDir, runtime }), warn),
    })),
    { code: 'images', run: () => checkAnyImage(rootfsDir) },
  ]
  return checks.map((check) => ({ ...check, needs: ['data_directory'] }))
}

async function checkKernel(path: string): Promise<Finding> {
  const finding = await found(() => resolveImage('kernel', path), fail)
  const problem = finding.status === 'ok' ? await kernelProblem(path) : undefined
  if (problem === undefined) return finding
  return fail(
    `${path} is no kernel that can be used: ${problem}`,
    'name an uncompressed vmlinux for x86-64 in VULCAN_FC_KERNEL_PATH, or unset it',
  )
}

async function checkAnyImage(rootfsDir: string): Promise<Finding> {
  const images = await Promise.all(
    RUNTIMES.map((runtime) => found(() => resolveRootfs({ rootfsDir, runtime }), fail)),
  )
  const usable = RUNTIMES.filter((_, index) => images[index]?.status === 'ok')
  if (usable.length === 0) return fail('no runtime has an image that can be used', BUILD)
  return ok(`workloads can be written for ${usable.join(', ')}`)
}

async function found(
  resolve: () => Promise<ResolvedImage>,
  otherwise: Otherwise,
): Promise<Finding> {
  try {
    const { path, version } = await resolve()
    return ok(version === undefined ? `${path}, not built by Vulcan` : `${version} at ${path}`)
  } catch (error) {
    if (error instanceof ImageMissingError) return otherwise(`nothing at ${error.path}`, BUILD)
    if (error instanceof ImageDamagedError) {
      const anew = `remove the directory it is in, and ${BUILD}`
      return otherwise(`${error.path} is damaged (${error.problem})`, anew)
    }
    const words = messageOf(error)
    return otherwise(`it cannot be read (${words})`, 'give this user access to it')
  }
}
