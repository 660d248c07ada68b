import assert from 'node:assert/strict'
import { chmod, mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openRunDir } from '../src/run-dir.ts'
import { fakeHost } from './support/fake-host.ts'

test('it is made for its owner alone, with the empty directory in it', async (t) => {
  const path = join((await fakeHost(t)).dir, 'deep/run')
  const runDir = await openRunDir({ VULCAN_RUN: path })
  assert.deepEqual(runDir, { path, emptyDir: join(path, 'empty') })
  assert.equal((await stat(path)).mode & 0o777, 0o700)
  assert.deepEqual(await openRunDir({ VULCAN_RUN: path }), runDir, 'a second time, too')
})

test('one that others can write in is refused', async (t) => {
  const path = join((await fakeHost(t)).dir, 'run')
  await mkdir(path)
  await chmod(path, 0o777)
  await assert.rejects(openRunDir({ VULCAN_RUN: path }), { code: 'run_dir_unusable', path })
})

test('a file in its place is refused', async (t) => {
  const path = await (await fakeHost(t)).file('run')
  await assert.rejects(openRunDir({ VULCAN_RUN: path }), { code: 'run_dir_unusable', path })
})
