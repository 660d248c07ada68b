import { statSync } from 'node:fs'
import { rootfsPath } from '@vulcan/images'
import { hasErrno, type Runtime } from '@vulcan/schema'
import type { FirecrackerConfig } from '../config.ts'

/**
 * What a VM of a runtime is booted from now: another text once a file, or where a link leads, is
 * another one. Undefined where one is missing, or cannot be looked at, of which `onProblem` is told.
 * Asked before each hand-over, so without a turn of the event loop.
 */
export function bootFiles(
  { kernelPath, initrdPath, rootfsDir }: FirecrackerConfig,
  runtime: Runtime,
  onProblem: (error: unknown) => void,
): string | undefined {
  try {
    return [kernelPath, initrdPath, rootfsPath(rootfsDir, runtime)].map(identityOf).join(' ')
  } catch (error) {
    if (!hasErrno(error, 'ENOENT') && !hasErrno(error, 'ENOTDIR')) onProblem(error)
    return undefined
  }
}

function identityOf(path: string): string {
  const { dev, ino, size, mtimeMs } = statSync(path)
  return `${dev}:${ino}:${size}:${mtimeMs}`
}
