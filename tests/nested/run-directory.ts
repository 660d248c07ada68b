import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

const PREFIX = 'nested-run-'

/** The drives of one run, removed when disposed of. */
export interface RunDirectory extends AsyncDisposable {
  readonly path: string
}

/**
 * Makes a directory of this process in `parent`, on the file system of the images, which then need only
 * links. What runs left that were killed is removed first: each name tells whose it is.
 */
export async function makeRunDirectory(parent: string): Promise<RunDirectory> {
  for (const name of await readdir(parent)) {
    const pid = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : undefined
    if (pid !== undefined && !isAlive(pid)) await remove(join(parent, name))
  }
  const path = await mkdtemp(join(parent, `${PREFIX}${process.pid}-`))
  return { path, [Symbol.asyncDispose]: () => remove(path) }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

const remove = (path: string) => rm(path, { recursive: true, force: true })
