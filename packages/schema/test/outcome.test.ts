import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { OUTCOMES, RESULT_REASONS } from '../src/index.ts'

const DOCUMENT = resolve(import.meta.dirname, '../../../docs/outcomes.md')

/** The rows of the documented table: reason, status, exit code of `vulcan run`. */
async function documentedRows(): Promise<string[][]> {
  const rows = (await readFile(DOCUMENT, 'utf8'))
    .split('\n')
    .filter((line) => line.startsWith('| `'))
  return rows.map((row) => {
    const cells = row.split('|').map((cell) => cell.trim())
    return [cells[1] ?? '', cells[3] ?? '', cells[5] ?? '']
  })
}

test('the documented table of outcomes is the one in the code', async () => {
  const inCode = Object.entries(OUTCOMES).map(([reason, { status, cliExitCode }]) => [
    `\`${reason}\``,
    status ?? 'not stored',
    cliExitCode === 'program' ? "the program's" : String(cliExitCode),
  ])
  assert.deepEqual(await documentedRows(), inCode)
})

test('every reason of a result is a row of the table', () => {
  for (const reason of RESULT_REASONS) assert.ok(reason in OUTCOMES)
})
