import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { KNOWN_BUGS } from '../src/versions/known-bugs.ts'

const PACKAGE = join(import.meta.dirname, '..')
const README = readFileSync(join(PACKAGE, 'README.md'), 'utf8')

test('the README names every bug that is refused, and where it was fixed', () => {
  const missing = Object.values(KNOWN_BUGS).filter(({ reference }) => !README.includes(reference))
  assert.deepEqual(missing, [])
})

test('the first VM of the README is the one that is tried', () => {
  const example = readFileSync(join(PACKAGE, 'examples/first-vm.ts'), 'utf8')
  const block = /```ts\n(?<code>[^`]*)```/.exec(README)?.groups?.['code'] ?? ''
  const calls = block.match(/\b(machine|client)\.\w+|waitForSocket\(|new \w+\(/g)
  assert.ok(calls !== null && calls.length >= 4)
  for (const call of calls) assert.ok(example.includes(call), call)
})
