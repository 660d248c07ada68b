import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

const INSTALL = join(import.meta.dirname, '../src/install.ts')

test('a prefix that cannot be written is said in one line, with what to do', () => {
  // Nobody makes a directory there, root neither.
  const { status, stderr } = spawnSync(process.execPath, [INSTALL, '/sys/vulcan-test'], {
    encoding: 'utf8',
  })
  assert.equal(status, 1)
  assert.match(
    stderr,
    /^install: .*\/sys\/vulcan-test.*: run it as root, or with another PREFIX\n$/,
  )
})
