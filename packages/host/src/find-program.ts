import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'

/** The path of a program, as a VMM finds it: in absolute directories of `PATH` only. */
export async function findProgram(searchPath: string, name: string): Promise<string | undefined> {
  for (const directory of searchPath.split(':')) {
    if (!directory.startsWith('/')) continue
    const path = join(directory, name)
    if (await isExecutable(path)) return path
  }
  return undefined
}

/** Whether this user may execute the file. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
