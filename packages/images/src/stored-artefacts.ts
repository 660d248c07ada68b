import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { StoredArtefact } from './artefact.ts'
import { type ArtefactFile, type ArtefactMeta, decodeMeta } from './artefact-meta.ts'
import { fileSha256 } from './file-digest.ts'
import { storeDirectory } from './home-layout.ts'

export const META_FILE = 'meta.json'

/** All in the store whose `meta.json` can be read, older builds too, sorted by name. */
export async function listArtefacts(home: string): Promise<StoredArtefact[]> {
  const store = storeDirectory(home)
  const found = await Promise.all(
    (await namesIn(store))
      .filter((name) => !name.startsWith('.'))
      .toSorted()
      .map(async (name) => {
        const directory = join(store, name)
        const meta = await readMeta(directory)
        return meta && { directory, meta }
      }),
  )
  return found.filter((artefact) => artefact !== undefined)
}

/** The meta of the artefact in a directory, if there is one that can be read. */
export async function readMeta(directory: string): Promise<ArtefactMeta | undefined> {
  try {
    return decodeMeta(await readFile(join(directory, META_FILE), 'utf8'))
  } catch {
    // Whatever is wrong with it, the artefact counts as not there and is built anew.
    return undefined
  }
}

/** The artefact of a directory, if all its files are there in their size. */
export async function openArtefact(directory: string): Promise<StoredArtefact | undefined> {
  const meta = await readMeta(directory)
  if (meta === undefined) return undefined
  for (const file of meta.files) {
    if ((await sizeOf(join(directory, file.path))) !== file.sizeBytes) return undefined
  }
  return { directory, meta }
}

/** The files in a directory, as `meta.json` lists them. */
export async function describeFiles(
  directory: string,
  signal?: AbortSignal,
): Promise<ArtefactFile[]> {
  const files: ArtefactFile[] = []
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    files.push({
      path: relative(directory, path),
      sizeBytes: (await stat(path)).size,
      sha256: await fileSha256(path, signal),
    })
  }
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path, { throwIfNoEntry: false }))?.size
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
