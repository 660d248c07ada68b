import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TrialBoot } from '@vulcan/backend-firecracker'
import * as z from 'zod'

/** A machine that did not boot a guest is asked again after this long: something may be mended. */
const FAILURE_VALID_MS = 10 * 60 * 1000

const Finding = z.object({
  key: z.string(),
  boots: z.boolean(),
  words: z.string(),
  boot_ms: z.number().nullable(),
  at_ms: z.number(),
})
const Findings = z.array(Finding).max(64)

/**
 * Remembers trial boots in the run directory: success as long as the key, which names the boot of
 * this machine, is asked for; failure for ten minutes. A file that is missing or strange is an empty memory.
 */
export class PreflightCache {
  readonly #path: string

  constructor(runDir: string) {
    this.#path = join(runDir, 'preflight.json')
  }

  async find(key: string): Promise<TrialBoot | undefined> {
    const now = Date.now()
    const found = (await this.#read()).find(
      (entry) => entry.key === key && (entry.boots || now - entry.at_ms < FAILURE_VALID_MS),
    )
    if (found === undefined) return undefined
    const { boots, words, boot_ms: bootMs } = found
    return { boots, isConclusive: true, words, bootMs }
  }

  async keep(key: string, { boots, words, bootMs }: TrialBoot): Promise<void> {
    const others = (await this.#read()).filter((entry) => entry.key !== key).slice(-32)
    const entry = { key, boots, words, boot_ms: bootMs, at_ms: Date.now() }
    const temporary = `${this.#path}.${process.pid}`
    await writeFile(temporary, JSON.stringify([...others, entry]), { mode: 0o600 })
    await rename(temporary, this.#path)
  }

  async #read(): Promise<z.infer<typeof Findings>> {
    try {
      return Findings.parse(JSON.parse(await readFile(this.#path, 'utf8')))
    } catch {
      return []
    }
  }
}
