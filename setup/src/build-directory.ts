import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

const BUILDING = '.building-'

/**
 * Makes a directory whole or not at all: `fill` works in one beside it, which then takes the name.
 *
 * Set-ups take turns (setup/setup holds a lock), so what an earlier one left half-made is swept.
 */
export async function buildDirectory(
  path: string,
  fill: (directory: string) => Promise<void>,
): Promise<void> {
  const parent = dirname(path)
  await mkdir(parent, { recursive: true })
  for (const name of await readdir(parent)) {
    if (name.startsWith(BUILDING)) await rm(join(parent, name), { recursive: true, force: true })
  }
  const building = join(parent, `${BUILDING}${basename(path)}`)
  await mkdir(building)
  await fill(building)
  await rename(building, path)
}
