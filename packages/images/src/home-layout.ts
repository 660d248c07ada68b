import { join } from 'node:path'

/**
 * Where images lie in VULCAN_HOME. Links are relative, so that the directory can be moved.
 *
 *     store/<name>-<16 digits of the recipe's hash>/   files and meta.json of one artefact
 *     vmlinux, initrd, rootfs/<runtime>.ext4           links into the store
 */
export function storeDirectory(home: string): string {
  return join(home, 'store')
}

/** The link to the root file system of a runtime, relative to VULCAN_HOME. */
export function rootfsLink(runtime: string): string {
  return join('rootfs', rootfsFilename(runtime))
}

export function rootfsFilename(runtime: string): string {
  return `${runtime}.ext4`
}
