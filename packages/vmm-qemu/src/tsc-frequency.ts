import { execFile } from 'node:child_process'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as z from 'zod'

const MEASURING_DEADLINE_MS = 30_000
const BOOT_ID_FILE = '/proc/sys/kernel/random/boot_id'

const Known = z.strictObject({ boot_id: z.string(), tsc_khz: z.int().positive() })

/**
 * The frequency in kHz of the host's time stamp counter, which software emulation passes through
 * to the guest. Measured by `vulcan-launch` once per boot of the host, then known from `runDir`.
 */
export async function tscKhz(
  launchPath: string,
  runDir: string,
  signal: AbortSignal,
): Promise<number> {
  const bootId = (await readFile(BOOT_ID_FILE, 'utf8')).trim()
  const cache = join(runDir, 'tsc.json')
  const known = await readKnown(cache)
  if (known?.boot_id === bootId) return known.tsc_khz
  const { stdout } = await promisify(execFile)(launchPath, ['tsc'], {
    signal,
    timeout: MEASURING_DEADLINE_MS,
  })
  const measured = Known.parse({ boot_id: bootId, tsc_khz: Number(stdout) })
  // Several machines may measure at once: each writes a file of its own, and the last name wins.
  const draft = `${cache}.${process.pid}`
  await writeFile(draft, JSON.stringify(measured), { mode: 0o600 })
  await rename(draft, cache)
  return measured.tsc_khz
}

async function readKnown(cache: string): Promise<z.infer<typeof Known> | undefined> {
  try {
    return Known.parse(JSON.parse(await readFile(cache, 'utf8')))
  } catch {
    // Missing or damaged: measured anew.
    return undefined
  }
}
