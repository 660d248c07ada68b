import { dirname, join, resolve } from 'node:path'
import { ImageMissingError } from './errors.ts'

/**
 * Where images lie in VULCAN_HOME. Links are relative, so that the directory can be moved.
 *
 *     store/<name>-<16 digits of the recipe's hash>/   files and meta.json of one artefact
 *     vmlinux, initrd, rootfs/<runtime>.ext4           links into the store
 *     microvm/vmlinux, microvm/initrd                  the same of our own kernel, where it was built
 */
export function storeDirectory(home: string): string {
  return join(home, 'store')
}

/** The link to the root file system of a runtime, relative to VULCAN_HOME. */
export function rootfsLink(runtime: string): string {
  return join('rootfs', rootfsFilename(runtime))
}

/** The name of a runtime's root file system in its directory; `%s` is the runtime. */
export const ROOTFS_FILENAME = '%s.ext4'

export function rootfsFilename(runtime: string): string {
  return ROOTFS_FILENAME.replace('%s', runtime)
}

/**
 * Where the root file system of a runtime is, or a link to it, in `rootfsDir` (VULCAN_FC_ROOTFS_DIR).
 * Throws `image_missing` for what is no name of a runtime: a path could lead elsewhere.
 */
export function rootfsPath(rootfsDir: string, runtime: string): string {
  const path = resolve(rootfsDir, rootfsFilename(runtime))
  if (dirname(path) !== resolve(rootfsDir)) throw new ImageMissingError(runtime, path)
  return path
}
