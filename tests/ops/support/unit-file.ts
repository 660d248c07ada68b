import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'

/** In the repository. */
const UNIT_PATH = resolve(import.meta.dirname, '../../../ops/vulcan.service')

/** What a unit sets: of a name that stands several times, all values (systemd.syntax(7)). */
export class UnitFile {
  readonly #values = new Map<string, string[]>()

  static async read(path: string = UNIT_PATH): Promise<UnitFile> {
    return new UnitFile(await readFile(path, 'utf8'))
  }

  private constructor(text: string) {
    for (const [, name = '', value = ''] of text.matchAll(/^(\w+)=(.*)$/gm)) {
      this.#values.set(name, [...(this.#values.get(name) ?? []), value])
    }
  }

  /** The last value of a setting. */
  get(name: string): string | undefined {
    return this.#values.get(name)?.at(-1)
  }

  /** The words of all its values. */
  words(name: string): string[] {
    return (this.#values.get(name) ?? []).flatMap((value) => value.split(/\s+/))
  }
}
