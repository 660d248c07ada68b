import { readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileSha256 } from '@vulcan/images'
import * as z from 'zod'

const Known = z.record(z.string(), z.string()).catch({})
const KNOWN_MAX = 64

/**
 * SHA-256 of programs and kernels. Some have tens of megabytes and are asked for at each start, so
 * the run directory remembers the hash of a file until its inode says that it was changed.
 */
export class FileHashes {
  readonly #path: string

  constructor(runDir: string) {
    this.#path = join(runDir, 'hashes.json')
  }

  async sha256(path: string, signal: AbortSignal): Promise<string> {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true })
    const state = [dev, ino, size, mtimeNs, ctimeNs].join(' ')
    const known = await this.#read()
    const found = known[state]
    if (found !== undefined) return found
    const hash = await fileSha256(path, signal)
    const others = Object.entries(known).slice(-KNOWN_MAX + 1)
    const temporary = `${this.#path}.${process.pid}`
    const text = JSON.stringify(Object.fromEntries([...others, [state, hash]]))
    await writeFile(temporary, text, { mode: 0o600 })
    await rename(temporary, this.#path)
    return hash
  }

  /** A file that is missing or strange is an empty memory. */
  async #read(): Promise<Record<string, string>> {
    try {
      return Known.parse(JSON.parse(await readFile(this.#path, 'utf8')))
    } catch {
      return {}
    }
  }
}
