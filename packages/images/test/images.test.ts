import assert from 'node:assert/strict'
import { chmod, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { listImages, verifyImage } from '../src/index.ts'
import { ensureArtefact } from '../src/store.ts'
import { cutOff, sampleArtefact, silentContext } from './fixtures/sample-artefact.ts'
import { temporaryHome } from './fixtures/temporary-home.ts'

test('where nothing has been built there are no images', async () => {
  await using home = await temporaryHome()
  assert.deepEqual(await listImages(home.path), [])
})

test('a list has what a table shows', async () => {
  await using home = await temporaryHome()
  const { directory, meta } = await ensureArtefact(home.path, sampleArtefact(), silentContext)
  const [image, ...others] = await listImages(home.path)
  assert.deepEqual(others, [])
  assert.ok(image)
  const { diskBytes, ...rest } = image
  assert.ok(diskBytes >= 0 && diskBytes % 512 === 0)
  assert.deepEqual(rest, {
    name: 'sample',
    kind: 'rootfs',
    version: '1.2.3',
    recipeHash: meta.recipeHash,
    sizeBytes: 11,
    createdAt: meta.createdAt,
    directory,
  })
})

test('an intact image verifies', async () => {
  await using home = await temporaryHome()
  const { directory } = await ensureArtefact(home.path, sampleArtefact(), silentContext)
  assert.deepEqual(await verifyImage(directory), [])
})

test('one flipped byte is found', async () => {
  await using home = await temporaryHome()
  const { directory } = await ensureArtefact(home.path, sampleArtefact(), silentContext)
  await chmod(join(directory, 'sample.ext4'), 0o644)
  {
    await using file = await open(join(directory, 'sample.ext4'), 'r+')
    await file.write('T', 0)
  }
  assert.deepEqual(await verifyImage(directory), [
    { file: 'sample.ext4', problem: 'wrong_content' },
  ])
})

test('a truncated file is found', async () => {
  await using home = await temporaryHome()
  const { directory } = await ensureArtefact(home.path, sampleArtefact(), silentContext)
  await cutOff(join(directory, 'sample.ext4'), 10)
  assert.deepEqual(await verifyImage(directory), [{ file: 'sample.ext4', problem: 'wrong_size' }])
})

test('a missing file and a missing meta.json are found', async () => {
  await using home = await temporaryHome()
  const { directory } = await ensureArtefact(home.path, sampleArtefact(), silentContext)
  await rm(join(directory, 'sample.ext4'))
  assert.deepEqual(await verifyImage(directory), [{ file: 'sample.ext4', problem: 'missing' }])
  await rm(join(directory, 'meta.json'))
  assert.deepEqual(await verifyImage(directory), [{ file: 'meta.json', problem: 'missing' }])
})

test('verifying stops at an abort', async () => {
  await using home = await temporaryHome()
  const { directory } = await ensureArtefact(home.path, sampleArtefact(), silentContext)
  const signal = AbortSignal.abort(new Error('stopped'))
  await assert.rejects(verifyImage(directory, { signal }), /stopped/)
})
