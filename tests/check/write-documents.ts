import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MADE_DOCUMENTS, remade } from './documents.ts'

const root = join(import.meta.dirname, '../..')

for (const document of MADE_DOCUMENTS) {
  const path = join(root, document.path)
  const text = await readFile(path, 'utf8')
  const wanted = remade(text, document)
  if (wanted === text) continue
  await writeFile(path, wanted)
  process.stdout.write(`${document.path} written\n`)
}
