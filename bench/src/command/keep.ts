import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RAW_DIR } from '../places.ts'

/** Raw figures are kept beside the table: a table forgets. */
export async function keep(figures: object & { name?: string }): Promise<void> {
  await mkdir(RAW_DIR, { recursive: true })
  const path = join(RAW_DIR, `${figures.name}-${new Date().toISOString().replaceAll(':', '')}.json`)
  await writeFile(path, JSON.stringify(figures, null, 2))
  console.log(`raw figures: ${path}`)
}
