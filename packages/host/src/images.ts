import { join } from 'node:path'
import { makeUsable } from '@vulcan/backend-firecracker'
import { type BuildProgress, buildImages, type ImageSummary, listImages } from '@vulcan/images'
import type { Env } from '@vulcan/schema'
import { findPlaces } from './places.ts'

/** The images in this host's store. */
export function listHostImages(env: Env): Promise<ImageSummary[]> {
  return listImages(places(env).homeDir)
}

/** Builds what is missing of this host's images; all of them if `only` is empty. */
export async function buildHostImages(
  env: Env,
  options: {
    readonly only: readonly string[]
    readonly signal: AbortSignal
    readonly onProgress: (progress: BuildProgress) => void
  },
): Promise<ImageSummary[]> {
  const { homeDir, libexecDir } = places(env)
  await makeUsable(homeDir, 'VULCAN_HOME', 0o755)
  const { only, ...rest } = options
  return buildImages({
    home: homeDir,
    guestPath: join(libexecDir, 'vulcan-guest'),
    ...(only.length > 0 ? { only } : {}),
    ...rest,
  })
}

function places(env: Env) {
  return findPlaces(env, process.getuid?.() === 0)
}
