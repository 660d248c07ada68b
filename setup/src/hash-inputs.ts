import { createHash } from 'node:crypto'
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Inputs {
  readonly root: string
  /** Patterns of files, relative to `root`. */
  readonly files: readonly string[]
  /** What else decides the outcome: versions, options. */
  readonly words?: readonly string[]
}

/**
 * Names what a step is made from: the first 16 hexadecimal digits of a SHA-256 over the words, and
 * over path, length and content of every file.
 */
export async function hashInputs({ root, files, words = [] }: Inputs): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(words))
  const paths = await Array.fromAsync(glob(files, { cwd: root, withFileTypes: true }))
  const names = paths.filter((entry) => entry.isFile()).map((e) => join(e.parentPath, e.name))
  for (const path of names.sort()) {
    const content = await readFile(path)
    hash.update(`${path.slice(root.length)}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex').slice(0, 16)
}
