import { mkdir, readlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import type { Artefact } from './artefact.ts'
import { createBuildingDirectory } from './building-directory.ts'
import { replaceLink } from './durable.ts'
import { LinkOccupiedError } from './errors.ts'
import { storeDirectory } from './home-layout.ts'

/**
 * Makes the links of an artefact lead to this directory. Throws `link_occupied` where there is
 * something else than a link.
 */
export async function ensureLinks(
  home: string,
  artefact: Artefact,
  directory: string,
): Promise<void> {
  for (const [link, file] of Object.entries(artefact.links)) {
    const path = join(home, link)
    const target = join(directory, file)
    if ((await linkTarget(path)) === relative(dirname(path), target)) continue
    await mkdir(dirname(path), { recursive: true })
    await using work = await createBuildingDirectory(storeDirectory(home), 'link')
    await replaceLink(path, target, work.path)
  }
}

/** Where a link leads. Throws `link_occupied` where there is a file that is no link. */
async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return await readlink(path)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    if (code === 'EINVAL') throw new LinkOccupiedError(path, { cause })
    throw cause
  }
}
