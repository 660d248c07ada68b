import assert from 'node:assert/strict'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { buildDirectory } from '../src/build-directory.ts'
import { temporaryDirectory } from './temporary-directory.ts'

test('a directory appears under its name when it is whole', async (t) => {
  const parent = await temporaryDirectory(t)
  await buildDirectory(join(parent, 'tool-1'), async (building) => {
    await writeFile(join(building, 'program'), '')
    assert.equal((await readdir(parent)).includes('tool-1'), false)
  })
  assert.deepEqual(await readdir(parent), ['tool-1'])
  assert.deepEqual(await readdir(join(parent, 'tool-1')), ['program'])
})

test('a build that failed leaves nothing under the name', async (t) => {
  const parent = await temporaryDirectory(t)
  const failure = new Error('the compiler said no')
  const build = buildDirectory(join(parent, 'tool-1'), () => Promise.reject(failure))
  await assert.rejects(build, failure)
  assert.equal((await readdir(parent)).includes('tool-1'), false)
})

test('what an interrupted build left is swept, and the build starts from nothing', async (t) => {
  const parent = await temporaryDirectory(t)
  const interrupted = () => Promise.reject(new Error('interrupted'))
  await buildDirectory(join(parent, 'tool-1'), interrupted).catch(() => undefined)
  await mkdir(join(parent, 'tool-0'))
  await buildDirectory(join(parent, 'tool-2'), async (building) => {
    assert.deepEqual(await readdir(building), [])
  })
  assert.deepEqual((await readdir(parent)).sort(), ['tool-0', 'tool-2'])
})
