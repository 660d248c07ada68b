import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { MADE_DOCUMENTS, remade } from './documents.ts'

const root = join(import.meta.dirname, '../..')

for (const document of MADE_DOCUMENTS) {
  test(`${document.path} says what the code says (else: make docs)`, async () => {
    const text = await readFile(join(root, document.path), 'utf8')
    assert.equal(text, remade(text, document))
  })
}
