import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type CpioEntry, writeCpio } from '../src/cpio.ts'

const entries: CpioEntry[] = [
  { path: 'modules/order', mode: 0o644, data: Buffer.from('virtio_mmio.ko\n') },
  { path: 'init', mode: 0o755, data: Buffer.from('\x7fELF and more') },
  { path: 'modules', mode: 0o755 },
  { path: 'empty', mode: 0o600, data: Buffer.alloc(0) },
  { path: 'dev', mode: 0o755 },
]

test('cpio reads back what was written', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'vulcan-cpio-test-'))
  t.after(() => rmSync(directory, { recursive: true }))
  cpio(['--extract', '--quiet'], directory)
  assert.deepEqual(readdirSync(directory).toSorted(), ['dev', 'empty', 'init', 'modules'])
  assert.equal(readFileSync(join(directory, 'init'), 'latin1'), '\x7fELF and more')
  assert.equal(readFileSync(join(directory, 'modules', 'order'), 'utf8'), 'virtio_mmio.ko\n')
  assert.equal(readFileSync(join(directory, 'empty')).length, 0)
})

test('everything belongs to root, has its mode, and is sorted', () => {
  const lines = cpio(['--list', '--verbose', '--numeric-uid-gid', '--quiet'], '/')
    .trim()
    .split('\n')
    .map((line) => line.split(/\s+/))
  assert.deepEqual(
    lines.map(([mode, , uid, gid, size, , , , path]) => [mode, uid, gid, size, path].join(' ')),
    [
      'drwxr-xr-x 0 0 0 dev',
      '-rw------- 0 0 0 empty',
      '-rwxr-xr-x 0 0 13 init',
      'drwxr-xr-x 0 0 0 modules',
      '-rw-r--r-- 0 0 15 modules/order',
    ],
  )
})

test('the order of the entries makes no difference', () => {
  assert.deepEqual(writeCpio(entries), writeCpio(entries.toReversed()))
})

function cpio(args: string[], cwd: string): string {
  return execFileSync('cpio', args, { cwd, input: writeCpio(entries), encoding: 'utf8' })
}
