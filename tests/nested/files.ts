import { glob } from 'node:fs/promises'
import listed from './files.json' with { type: 'json' }

/** No file on the list has the wanted part in its path. */
export class NoSuchFileError extends Error {}

/**
 * The test files of `files.json` whose paths contain `only`, relative to the clone, in order. Throws
 * `NoSuchFileError`.
 */
export async function nestedFiles(root: string, only: string): Promise<string[]> {
  const { patterns, exclude } = listed
  const all = (await Array.fromAsync(glob(patterns, { cwd: root, exclude }))).sort()
  const chosen = all.filter((file) => file.includes(only))
  if (chosen.length > 0) return chosen
  const lines = all.map((file) => `  ${file}\n`).join('')
  throw new NoSuchFileError(`test-nested: no path of these contains "${only}":\n${lines}`)
}
