import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoredArtefact } from './artefact.ts'
import type { ArtefactKind } from './artefact-meta.ts'
import { fileSha256 } from './file-digest.ts'
import { listArtefacts, readMeta } from './stored-artefacts.ts'

/** One artefact of the store, as a table shows it. */
export interface ImageSummary {
  readonly name: string
  readonly kind: ArtefactKind
  /** The version of what the artefact is about: Python's, the kernel's. */
  readonly version: string
  /** SHA-256 of the recipe, in hexadecimal. */
  readonly recipeHash: string
  /** Length of all files, holes included. */
  readonly sizeBytes: number
  /** What the files take on the disk. */
  readonly diskBytes: number
  /** RFC 3339, UTC. */
  readonly createdAt: string
  readonly directory: string
}

/** What is wrong with a file of an image. */
export interface ImageProblem {
  readonly file: string
  readonly problem: 'missing' | 'wrong_size' | 'wrong_content'
}

/** All images in the store of this VULCAN_HOME, sorted by name, older builds among them. */
export async function listImages(home: string): Promise<ImageSummary[]> {
  return Promise.all((await listArtefacts(home)).map(summarize))
}

/** Describes a stored artefact. */
export async function summarize({ directory, meta }: StoredArtefact): Promise<ImageSummary> {
  const { name, kind, recipeHash, createdAt, files } = meta
  const stats = await Promise.all(
    files.map((file) => stat(join(directory, file.path), { throwIfNoEntry: false })),
  )
  return {
    name,
    kind,
    version: Object.values(meta.versions)[0] ?? '',
    recipeHash,
    sizeBytes: stats.reduce((sum, file) => sum + (file?.size ?? 0), 0),
    diskBytes: stats.reduce((sum, file) => sum + (file?.blocks ?? 0) * 512, 0),
    createdAt,
    directory,
  }
}

/**
 * Compares every file of an image with the hash in its `meta.json`; an empty list means that all
 * is well. Reads everything: about a second for each GiB. Throws the signal's reason.
 */
export async function verifyImage(
  directory: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<ImageProblem[]> {
  const meta = await readMeta(directory)
  if (meta === undefined) return [{ file: 'meta.json', problem: 'missing' }]
  const problems: ImageProblem[] = []
  for (const file of meta.files) {
    options.signal?.throwIfAborted()
    const path = join(directory, file.path)
    const found = await stat(path, { throwIfNoEntry: false })
    if (found === undefined) problems.push({ file: file.path, problem: 'missing' })
    else if (found.size !== file.sizeBytes)
      problems.push({ file: file.path, problem: 'wrong_size' })
    else if ((await fileSha256(path, options.signal)) !== file.sha256)
      problems.push({ file: file.path, problem: 'wrong_content' })
  }
  return problems
}
