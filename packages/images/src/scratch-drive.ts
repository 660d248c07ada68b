import { type FileHandle, open, readFile, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { NoSpaceError } from './errors.ts'
import {
  decodeTemplate,
  type ScratchTemplate,
  scratchArtefact,
  TEMPLATE_FILE,
} from './scratch-template.ts'
import { artefactDirectory, ensureArtefact } from './store.ts'

/** The size that `buildImages` makes a template for, in MiB. */
export const DEFAULT_SCRATCH_MIB = 1024

/** Sizes of scratch drives, in MiB. */
const scratchSizeSchema = z.int().min(16).max(65_536)

export interface ScratchDriveOptions {
  /** VULCAN_HOME. */
  readonly home: string
  /** The drive to make; nothing may be there, not even a link. */
  readonly path: string
  /** 16 to 65536. */
  readonly sizeMib: number
  /** Whom the drive shall belong to; the caller if absent. */
  readonly owner?: { readonly uid: number; readonly gid: number }
  readonly signal?: AbortSignal
}

/**
 * Makes a scratch drive: a sparse file with an empty ext4, mode 0600, of which some hundred KiB are
 * on the disk, in a few milliseconds. The first drive of a size makes a template with mke2fs, which
 * takes about half a second for each GiB.
 *
 * Throws `no_space`, `image_damaged` (the template), what `ensureArtefact` throws, `EEXIST` where
 * the path exists, ZodError for a size out of range, or the signal's reason. Nothing is left then.
 */
export async function createScratchDrive(options: ScratchDriveOptions): Promise<void> {
  const sizeMib = scratchSizeSchema.parse(options.sizeMib)
  const template = await loadTemplate(options.home, sizeMib, options.signal)
  options.signal?.throwIfAborted()
  // "x" is O_EXCL, which does not follow a link either.
  await using drive = await open(options.path, 'wx', 0o600)
  try {
    await fill(drive, template)
    if (options.owner) await drive.chown(options.owner.uid, options.owner.gid)
  } catch (cause) {
    await rm(options.path, { force: true })
    throw await explain(cause, options.path, template)
  }
}

async function loadTemplate(
  home: string,
  sizeMib: number,
  signal: AbortSignal | undefined,
): Promise<ScratchTemplate> {
  const artefact = scratchArtefact(sizeMib)
  const path = join(artefactDirectory(home, artefact), TEMPLATE_FILE)
  try {
    return decodeTemplate(path, await readFile(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  await ensureArtefact(home, artefact, { signal, report: () => undefined })
  return decodeTemplate(path, await readFile(path))
}

async function fill(drive: FileHandle, template: ScratchTemplate): Promise<void> {
  await drive.truncate(template.sizeBytes)
  for (const { offset, data } of template.extents) await drive.write(data, 0, data.length, offset)
}

async function explain(cause: unknown, path: string, template: ScratchTemplate): Promise<unknown> {
  if ((cause as NodeJS.ErrnoException).code !== 'ENOSPC') return cause
  const neededBytes = template.extents.reduce((sum, extent) => sum + extent.data.length, 0)
  const { bavail, bsize } = await statfs(join(path, '..'))
  return new NoSpaceError(path, neededBytes, bavail * bsize, { cause })
}
