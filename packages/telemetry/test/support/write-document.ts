import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { renderDocument } from './render-document.ts'

await writeFile(
  resolve(import.meta.dirname, '../../../../docs/telemetry.md'),
  await renderDocument(),
)
