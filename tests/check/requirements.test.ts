import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { test } from 'node:test'

const ROOT = resolve(import.meta.dirname, '../..')
/** `| requirement | \`file\` › test |` */
const ROW = /^\| (?<requirement>[^|]+) \| `(?<file>[^`]+)` › (?<name>[^|]+) \|$/

test('every test that docs/requirements.md names is where it says', async () => {
  const text = await readFile(resolve(ROOT, 'docs/requirements.md'), 'utf8')
  const rows = text
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.includes('shown by'))
  assert.ok(rows.length > 0)
  for (const row of rows) {
    const { file, name } = ROW.exec(row)?.groups ?? assert.fail(`not a row: ${row}`)
    const source = await readFile(resolve(ROOT, file ?? ''), 'utf8')
    assert.ok(source.includes(name ?? ''), `${file} has no test "${name}"`)
  }
})
