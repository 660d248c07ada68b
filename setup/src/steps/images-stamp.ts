import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { exists } from '../exists.ts'
import { hashInputs } from '../hash-inputs.ts'
import { cloneDir } from '../places.ts'

/**
 * Remembers from which sources and agent images were last asked for: `@vulcan/images` knows which of them are
 * current, but not before it is asked to build them.
 */
export class ImagesStamp {
  readonly #home: string
  readonly #path: string
  readonly #inputs: string

  private constructor(home: string, path: string, inputs: string) {
    this.#home = home
    this.#path = path
    this.#inputs = inputs
  }

  static async of(home: string, name: string, guestPath: string): Promise<ImagesStamp> {
    const inputs = await hashInputs({
      root: cloneDir,
      files: ['packages/images/src/**/*'],
      words: [guestPath],
    })
    return new ImagesStamp(home, join(home, 'cache', name), inputs)
  }

  /** Whether they were made from the same, and these links of VULCAN_HOME lead somewhere. */
  async isCurrent(links: readonly string[]): Promise<boolean> {
    const madeFrom = await readFile(this.#path, 'utf8').catch(() => undefined)
    const found = await Promise.all(links.map((link) => exists(join(this.#home, link))))
    return madeFrom === this.#inputs && found.every(Boolean)
  }

  /** Builds them; one that fails is not remembered. */
  async remember(build: () => Promise<unknown>): Promise<void> {
    await rm(this.#path, { force: true })
    await build()
    await mkdir(dirname(this.#path), { recursive: true })
    await writeFile(this.#path, this.#inputs)
  }
}
