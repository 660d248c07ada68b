import { randomBytes } from 'node:crypto'
import { chmod, lstat, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive, processIdentity } from './process-identity.ts'

const PREFIX = '.building-'

/** A directory for work in progress, removed when disposed of. */
export interface BuildingDirectory extends AsyncDisposable {
  readonly path: string
}

/** Removes a directory with all that is in it. */
type RemoveDirectory = (path: string) => Promise<void>

const removeDirectory: RemoveDirectory = (path) => rm(path, { recursive: true, force: true })

/**
 * Makes a directory of this process in another. Its name says who builds in it, so that it is
 * known from the moment it exists: `.building-<name>-<pid>.<start time>.<boot id>-<random>`.
 */
export async function createBuildingDirectory(
  parent: string,
  name: string,
  remove = removeDirectory,
): Promise<BuildingDirectory> {
  const owner = await processIdentity(process.pid)
  const path = join(parent, `${PREFIX}${name}-${owner}-${randomBytes(4).toString('hex')}`)
  await mkdir(path)
  await chmod(path, 0o755)
  return { path, [Symbol.asyncDispose]: () => remove(path) }
}

/**
 * Removes the building directories whose builders are dead. Those of other users stay, and those
 * of the living, this process among them. What cannot be removed, because programs of the builder
 * outlive it and still write there, is reported and left to the next sweep.
 */
export async function sweepDeadBuilds(
  parent: string,
  report: (detail: string) => void,
  remove = removeDirectory,
): Promise<void> {
  for (const entry of await readdir(parent)) {
    if (!entry.startsWith(PREFIX)) continue
    const owner = entry.split('-').at(-2) ?? ''
    const path = join(parent, entry)
    // Another sweep may have been first.
    const found = await lstat(path).catch(() => undefined)
    if (found?.uid !== process.geteuid?.() || (await isAlive(owner))) continue
    try {
      await remove(path)
    } catch (error) {
      report(`leaving ${path} to the next build: ${error}`)
    }
  }
}
