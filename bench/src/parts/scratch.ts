import { mkdtempDisposable, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createScratchDrive, DEFAULT_SCRATCH_MIB } from '@vulcan/images'
import { HEADER, row, summarize } from '../statistics.ts'

const DRIVES = 10
const KIB_BYTES = 1024
const BLOCK_BYTES = 512

/** How long ten scratch drives take, one after the other, and how much disk. */
export async function benchScratch(
  homeDir: string,
  rounds: number,
  signal: AbortSignal,
): Promise<object> {
  const totalsMs: number[] = []
  let diskKib = 0
  for (let round = 0; round < rounds; round += 1) {
    await using directory = await mkdtempDisposable(join(homeDir, 'bench-scratch-'))
    const paths = Array.from({ length: DRIVES }, (_, at) => join(directory.path, `${at}.ext4`))
    const startedAtMs = performance.now()
    for (const path of paths) {
      await createScratchDrive({ home: homeDir, path, sizeMib: DEFAULT_SCRATCH_MIB, signal })
    }
    totalsMs.push(performance.now() - startedAtMs)
    const stats = await Promise.all(paths.map((path) => stat(path)))
    diskKib = stats.reduce((sum, { blocks }) => sum + (blocks * BLOCK_BYTES) / KIB_BYTES, 0)
  }
  const summary = summarize(totalsMs)
  console.log(HEADER)
  console.log(row(`${DRIVES} drives of ${DEFAULT_SCRATCH_MIB} MiB`, summary, 'ms'))
  console.log(`on disk: ${diskKib} KiB for all ${DRIVES}`)
  return { name: 'scratch', totalsMs, diskKib }
}
