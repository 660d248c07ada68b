import { realpath, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { ImageDamagedError, ImageMissingError } from './errors.ts'
import { rootfsPath } from './home-layout.ts'
import { readMeta } from './stored-artefacts.ts'

/** A file of an image, found once, so that a build meanwhile changes nothing for who uses it. */
export interface ResolvedImage {
  /** Absolute, without links. */
  readonly path: string
  /** SHA-256 of the recipe; absent for a file that the operator has put there. */
  readonly recipeHash?: string
  /** Of what the image is about: Python's, the kernel's. Absent like `recipeHash`. */
  readonly version?: string
}

/**
 * Follows the link to a kernel, an initrd or a root file system, once. `name` is for the message.
 * Throws `image_missing`, and `image_damaged` where the file has not the size that was stored.
 */
export async function resolveImage(name: string, link: string): Promise<ResolvedImage> {
  const path = await follow(name, link)
  const meta = await readMeta(dirname(path))
  const file = meta?.files.find((entry) => entry.path === basename(path))
  if (meta === undefined || file === undefined) return { path }
  const { size } = await stat(path)
  if (size !== file.sizeBytes) {
    throw new ImageDamagedError(path, `it has ${size} bytes instead of ${file.sizeBytes}`)
  }
  const version = Object.values(meta.versions)[0]
  return { path, recipeHash: meta.recipeHash, ...(version === undefined ? {} : { version }) }
}

/** The root file system of a runtime in VULCAN_FC_ROOTFS_DIR. Throws like `resolveImage`. */
export async function resolveRootfs(options: {
  readonly rootfsDir: string
  readonly runtime: string
}): Promise<ResolvedImage> {
  return resolveImage(options.runtime, rootfsPath(options.rootfsDir, options.runtime))
}

async function follow(name: string, link: string): Promise<string> {
  try {
    return await realpath(link)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw cause
    throw new ImageMissingError(name, link, { cause })
  }
}
