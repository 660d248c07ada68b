import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmod, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryDirectory, vulcan } from './support/command-line.ts'

test('code over the limit is refused before it is read, and input and standard input while', async (t) => {
  const directory = await temporaryDirectory(t)
  const file = join(directory, 'large.py')
  await writeFile(file, '')
  await truncate(file, 12 * 1024 ** 2)
  const large = /^vulcan: .* is larger than the limit of 11534336 bytes\n$/
  for (const args of [
    ['run', file],
    ['run', '--input', file, '-c', 'x'],
    ['run', '-c', 'x', '--input', '/dev/zero'],
  ]) {
    const { exitCode, stderr } = await vulcan(args)
    assert.match(stderr, large)
    assert.equal(exitCode, 125)
  }
})

test('a directory over the limit is refused, however it would be packed', async (t) => {
  const directory = await temporaryDirectory(t)
  await writeFile(join(directory, 'main.py'), '')
  await writeFile(join(directory, 'noise'), randomBytes(12 * 1024 ** 2))
  const { exitCode, stderr } = await vulcan(['run', directory])
  assert.match(stderr, /^vulcan: .*, packed, is larger than the limit of 11534336 bytes\n$/)
  assert.equal(exitCode, 125)
})

test('a data or run directory that cannot be is told with its variable, before anything is made', async (t) => {
  const file = join(await temporaryDirectory(t), 'file')
  await writeFile(file, '')
  for (const variable of ['VULCAN_HOME', 'VULCAN_RUN']) {
    const other = {
      VULCAN_HOME: await temporaryDirectory(t),
      VULCAN_RUN: await temporaryDirectory(t),
    }
    for (const path of [join(file, 'below'), '/proc/none/below']) {
      const { exitCode, stderr } = await vulcan(['run', '-c', 'x'], { ...other, [variable]: path })
      assert.match(stderr, /^vulcan: \/.* cannot be written \(.*\): give it to this user, or set /)
      assert.ok(stderr.endsWith(`set ${variable} to another directory\n`), stderr)
      assert.equal(stderr.split('\n').length, 2)
      assert.equal(exitCode, 125)
    }
  }
})

test('a run directory that others may enter is refused', async (t) => {
  const directory = await temporaryDirectory(t)
  await chmod(directory, 0o755)
  const { exitCode, stderr } = await vulcan(['run', '-c', 'x'], { VULCAN_RUN: directory })
  assert.match(stderr, /^vulcan: .* must belong to the user .* "chmod 700" it, or set VULCAN_RUN/)
  assert.equal(exitCode, 125)
})

test('programs of ours that are not there are told with what brings them', async (t) => {
  const env = { VULCAN_LIBEXEC: '/nowhere', VULCAN_RUN: await temporaryDirectory(t) }
  const { exitCode, stderr } = await vulcan(['run', '-c', 'x'], env)
  assert.match(stderr, /^vulcan: \/nowhere\/vulcan-launch cannot be started .*"make demo"/)
  assert.equal(exitCode, 125)
})
