import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Result } from '../result.ts'
import { renderDocument } from './document.ts'
import { plotsOf } from './plots.ts'
import { trimmed } from './trim.ts'

/** The result that the documents are of. */
const RESULT = 'docs/performance/result.json'

export async function readCommitted(rootDir: string): Promise<Result> {
  return JSON.parse(await readFile(join(rootDir, RESULT), 'utf8'))
}

/** The files that are made from a result, by their paths in the repository. */
export function documentsOf(result: Result): Readonly<Record<string, string>> {
  const pictures = Object.entries(plotsOf(result)).map(([name, svg]) => [
    `docs/performance/${name}`,
    svg,
  ])
  return { 'docs/performance.md': renderDocument(result), ...Object.fromEntries(pictures) }
}

/** Makes a raw result the one that the documents are of. */
export async function commitResult(rootDir: string, raw: Result): Promise<void> {
  await mkdir(join(rootDir, 'docs/performance'), { recursive: true })
  await writeFile(join(rootDir, RESULT), `${JSON.stringify(trimmed(raw), null, 1)}\n`)
}

/** Writes what is made from the committed result. */
export async function writeDocuments(rootDir: string): Promise<void> {
  for (const [path, text] of Object.entries(documentsOf(await readCommitted(rootDir)))) {
    await writeFile(join(rootDir, path), text)
  }
}
