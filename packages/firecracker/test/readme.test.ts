import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { VulcanError } from '@vulcan/schema'
import type * as firecracker from '../src/index.ts'
import { KNOWN_BUGS } from '../src/versions/known-bugs.ts'

const PACKAGE = join(import.meta.dirname, '..')
const README = readFileSync(join(PACKAGE, 'README.md'), 'utf8')

test('the README names every bug that is refused, and where it was fixed', () => {
  const missing = Object.values(KNOWN_BUGS).filter(({ reference }) => !README.includes(reference))
  assert.deepEqual(missing, [])
})

type Exports = typeof firecracker
type CodeOf<Export> = Export extends new (...args: never) => VulcanError<infer Code> ? Code : never
type ErrorCode = { [Name in keyof Exports]: CodeOf<Exports[Name]> }[keyof Exports]

/** Of all errors that are exported: one that is added does not compile until it is here. */
const CODES: Readonly<Record<ErrorCode, true>> = {
  cgroup_failed: true,
  cgroup_unavailable: true,
  invalid_value: true,
  jail_base_unusable: true,
  jail_entry_refused: true,
  jail_file_refused: true,
  jail_invalid: true,
  jail_not_removed: true,
  known_bug: true,
  machine_state: true,
  sink_refused: true,
  socket_bind_failed: true,
  socket_path_too_long: true,
  unsupported: true,
  unsupported_by_version: true,
  vmm_api_deadline: true,
  vmm_api_fault: true,
  vmm_api_response: true,
  vmm_api_unreachable: true,
  vmm_start_failed: true,
  vmm_still_running: true,
  vsock_accept_failed: true,
  vsock_connect_failed: true,
}

test('the README has every code of an error, and no other', () => {
  const [, table = ''] = README.split('## Errors')
  const [rows = ''] = table.split('\n## ')
  const firstCells = [...rows.matchAll(/^\| (`[^|]+) \|/gm)].map(([, cell = '']) => cell)
  const documented = firstCells.flatMap((cell) => cell.match(/[a-z_]+/g) ?? [])
  assert.deepEqual(documented.sort(), Object.keys(CODES).sort())
})

test('the first VM of the README is the one that is tried', () => {
  const example = readFileSync(join(PACKAGE, 'examples/first-vm.ts'), 'utf8')
  const block = /```ts\n(?<code>[^`]*)```/.exec(README)?.groups?.['code'] ?? ''
  const calls = block.match(/\b(machine|client)\.\w+|waitForSocket\(|new \w+\(/g)
  assert.ok(calls !== null && calls.length >= 4)
  for (const call of calls) assert.ok(example.includes(call), call)
})
