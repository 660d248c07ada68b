import { chmod, mkdir, readdir, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Artefact, BuildContext, StoredArtefact } from './artefact.ts'
import { type ArtefactMeta, encodeMeta } from './artefact-meta.ts'
import { createBuildingDirectory, sweepDeadBuilds } from './building-directory.ts'
import { syncPath, syncTree } from './durable.ts'
import { jsonSha256 } from './file-digest.ts'
import { requireFreeSpace } from './free-space.ts'
import { storeDirectory } from './home-layout.ts'
import { ensureLinks } from './store-links.ts'
import { describeFiles, META_FILE, openArtefact } from './stored-artefacts.ts'

const DIRECTORY_HASH_DIGITS = 16
const PUBLISH_ATTEMPTS = 5

/** Where an artefact is or will be. */
export function artefactDirectory(home: string, artefact: Artefact): string {
  return join(
    storeDirectory(home),
    `${artefact.name}-${recipeHash(artefact).slice(0, DIRECTORY_HASH_DIGITS)}`,
  )
}

/**
 * Makes sure that the artefact is in the store and its links lead to it; builds it where it is not,
 * or where a file of it is missing or has another size. Builders do not wait for each other: the
 * one who finishes later uses what the other has made. A build that is interrupted, by whatever,
 * leaves the store as it was, and its directory is removed by the next build.
 *
 * Throws `no_space`, `link_occupied`, what `artefact.build` throws, or the signal's reason.
 */
export async function ensureArtefact(
  home: string,
  artefact: Artefact,
  context: BuildContext,
): Promise<StoredArtefact & { readonly built: boolean }> {
  const directory = artefactDirectory(home, artefact)
  const present = await openArtefact(directory)
  const stored = present ?? (await buildArtefact(home, artefact, directory, context))
  await ensureLinks(home, artefact, directory)
  return { ...stored, built: present === undefined }
}

async function buildArtefact(
  home: string,
  artefact: Artefact,
  directory: string,
  context: BuildContext,
): Promise<StoredArtefact> {
  const store = storeDirectory(home)
  await mkdir(store, { recursive: true })
  await sweepDeadBuilds(store, context.report)
  await requireFreeSpace(store, artefact.neededBytes)
  await using building = await createBuildingDirectory(store, artefact.name)
  const output = join(building.path, 'output')
  const work = join(building.path, 'work')
  await Promise.all([mkdir(output), mkdir(work)])
  const versions = await artefact.build({ output, work }, context)
  const meta: ArtefactMeta = {
    name: artefact.name,
    kind: artefact.kind,
    recipeHash: recipeHash(artefact),
    arch: 'x86_64',
    versions,
    createdAt: new Date().toISOString(),
    files: await describeFiles(output, context.signal),
  }
  await writeFile(join(output, META_FILE), encodeMeta(meta))
  await makeReadOnly(output)
  await syncTree(output)
  context.signal?.throwIfAborted()
  return (await publish(output, directory, work)) ?? { directory, meta }
}

/** Renames into place; returns what another builder has put there meanwhile, if so. */
async function publish(
  output: string,
  directory: string,
  work: string,
): Promise<StoredArtefact | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(output, directory)
      await syncPath(dirname(directory))
      return undefined
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      const occupied = code === 'ENOTEMPTY' || code === 'EEXIST'
      if (!occupied || attempt === PUBLISH_ATTEMPTS) throw error
    }
    const finished = await openArtefact(directory)
    if (finished) return finished
    await moveAway(directory, join(work, `damaged-${attempt}`))
  }
}

async function moveAway(directory: string, destination: string): Promise<void> {
  try {
    await rename(directory, destination)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/** Readable by everybody, since a VMM runs under a user of its own; written by nobody. */
async function makeReadOnly(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o444)
  }
  await chmod(directory, 0o755)
}

function recipeHash({ name, kind, recipe }: Artefact): string {
  return jsonSha256({ name, kind, recipe })
}
