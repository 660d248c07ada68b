import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { openServer } from './support/server-under-test.ts'

const COMMITTED = join(import.meta.dirname, '../../../docs/openapi.json')

/** `make docs` writes it again. */
test('docs/openapi.json is what the server says of itself', async (t) => {
  await using api = await openServer()
  const document: unknown = await (await api.fetch('/openapi.json')).json()
  t.assert.fileSnapshot(document, COMMITTED, {
    serializers: [(value) => JSON.stringify(value, null, 2)],
  })
})

test('the description is OpenAPI 3.1, and every name that it refers to is in it', async () => {
  await using api = await openServer()
  const text = await (await api.fetch('/openapi.json')).text()
  const document = JSON.parse(text)
  assert.match(document.openapi, /^3\.1\./)
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)]
  const names = new Set(references.map(([, name = '']) => name))
  assert.ok(names.has('Workload') && names.has('Problem') && names.has('WorkloadBodyInput'))
  for (const name of names) assert.ok(name in document.components.schemas, name)
})
