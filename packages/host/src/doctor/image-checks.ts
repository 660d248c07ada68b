import type { FirecrackerConfig } from '@vulcan/backend-firecracker'
import { ImageMissingError, resolveImage, resolveRootfs } from '@vulcan/images'
import { RUNTIMES } from '@vulcan/schema'
import { type Check, type Finding, fail, ok, warn } from './check.ts'

const BUILD = 'run "vulcan images build"'

/** Kernel, initrd and the image of each runtime. */
export function imageChecks(config: FirecrackerConfig): Check[] {
  return [
    { code: 'kernel', run: () => found(() => resolveImage('kernel', config.kernelPath), fail) },
    { code: 'initrd', run: () => found(() => resolveImage('initrd', config.initrdPath), fail) },
    ...RUNTIMES.map((runtime) => ({
      code: `image_${runtime}`,
      run: () => found(() => resolveRootfs({ rootfsDir: config.rootfsDir, runtime }), warn),
    })),
  ]
}

async function found(
  resolve: () => Promise<{ path: string }>,
  otherwise: (finding: string, remedy: string) => Finding,
): Promise<Finding> {
  try {
    return ok((await resolve()).path)
  } catch (error) {
    if (error instanceof ImageMissingError) return otherwise(`nothing at ${error.path}`, BUILD)
    return otherwise(error instanceof Error ? error.message : String(error), BUILD)
  }
}
