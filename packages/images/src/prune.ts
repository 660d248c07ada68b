import { lstat, readdir, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { StoredArtefact } from './artefact.ts'
import { createBuildingDirectory, sweepDeadBuilds } from './building-directory.ts'
import { storeDirectory } from './home-layout.ts'
import { type ImageSummary, summarize } from './images.ts'
import { scratchArtefact } from './scratch-template.ts'
import { artefactDirectory } from './store.ts'
import { listArtefacts } from './stored-artefacts.ts'

/**
 * How long a link must have led elsewhere before what it led to can go: who followed it before that
 * has long written down that it uses the file.
 */
const SETTLED_MS = 60_000

export interface PruneImagesOptions {
  /** VULCAN_HOME. */
  readonly home: string
  /** Files that are in use, or that the configuration names; links are followed. */
  readonly inUse: Iterable<string>
  /** Told what is left to a later time, and why. */
  readonly report: (detail: string) => void
}

/**
 * Removes older builds of images: what no link leads to and nobody uses. Nothing is removed while a
 * link is younger than a minute. Gives what was removed.
 */
export async function pruneImages(options: PruneImagesOptions): Promise<ImageSummary[]> {
  const { home, inUse, report } = options
  const links = await imageLinks(home)
  if (await anyYoung(links)) {
    report('an image was built less than a minute ago: older ones are left to a later time')
    return []
  }
  const needed = new Set<string>()
  for (const path of [...links, ...inUse]) {
    const directory = await directoryOf(path)
    if (directory !== undefined) needed.add(directory)
  }
  const removed: ImageSummary[] = []
  for (const artefact of await listArtefacts(home)) {
    if (needed.has(await realpath(artefact.directory)) || isScratchTemplate(home, artefact))
      continue
    const summary = await summarize(artefact)
    await remove(home, artefact.directory)
    removed.push(summary)
  }
  await sweepDeadBuilds(storeDirectory(home), report).catch(ignoreMissing)
  return removed
}

async function imageLinks(home: string): Promise<string[]> {
  const rootfs = join(home, 'rootfs')
  const names = await readdir(rootfs).catch(ignoreMissing)
  const kernels = [home, join(home, 'microvm')].flatMap((directory) => [
    join(directory, 'vmlinux'),
    join(directory, 'initrd'),
  ])
  return [...kernels, ...names.map((name) => join(rootfs, name))]
}

async function anyYoung(links: readonly string[]): Promise<boolean> {
  const stats = await Promise.all(links.map((link) => lstat(link).catch(ignoreMissing)))
  const now = Date.now()
  return stats.some((found) => 'mtimeMs' in found && now - found.mtimeMs < SETTLED_MS)
}

async function directoryOf(path: string): Promise<string | undefined> {
  try {
    return dirname(await realpath(path))
  } catch (error) {
    ignoreMissing(error)
    return undefined
  }
}

/** Links do not lead to templates: those of today's recipe are found by their name. */
function isScratchTemplate(home: string, { directory, meta }: StoredArtefact): boolean {
  const sizeMib = Number(/^scratch-(\d+)$/.exec(meta.name)?.[1])
  if (Number.isNaN(sizeMib)) return false
  return basename(artefactDirectory(home, scratchArtefact(sizeMib))) === basename(directory)
}

/** Renamed first: a directory of the store is whole, or it is not there. */
async function remove(home: string, directory: string): Promise<void> {
  await using grave = await createBuildingDirectory(storeDirectory(home), 'pruned')
  const buried = join(grave.path, basename(directory))
  await rename(directory, buried)
  await rm(buried, { recursive: true, force: true })
}

function ignoreMissing(error: unknown): never[] {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
  throw error
}
