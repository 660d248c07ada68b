import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { ROOT } from '../places.ts'
import { commitResult, writeDocuments } from '../report/committed.ts'

/** `bench document`: writes docs/performance.md, of another raw result if one is given. */
export function addDocument(program: Command): void {
  program
    .command('document')
    .description('write docs/performance.md and its pictures')
    .argument('[raw]', 'a raw result, to be the one of the documents from now on')
    .action(async (raw: string | undefined) => {
      if (raw !== undefined) await commitResult(ROOT, JSON.parse(await readFile(raw, 'utf8')))
      await writeDocuments(ROOT)
    })
}
