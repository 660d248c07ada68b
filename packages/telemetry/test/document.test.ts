import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { renderDocument } from './support/render-document.ts'

test('docs/telemetry.md says what the table of metrics and the variables are', async () => {
  const path = resolve(import.meta.dirname, '../../../docs/telemetry.md')
  assert.equal(await readFile(path, 'utf8'), await renderDocument(), 'run: make docs')
})
