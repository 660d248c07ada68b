import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { ImageDamagedError, ImageMissingError, resolveImage, resolveRootfs } from '../src/index.ts'
import { ensureArtefact } from '../src/store.ts'
import { cutOff, sampleArtefact, silentContext } from './fixtures/sample-artefact.ts'
import { temporaryHome } from './fixtures/temporary-home.ts'

test('a runtime leads to the file in the store, the hash of its recipe and its version', async () => {
  await using home = await temporaryHome()
  const { directory, meta } = await ensureArtefact(home.path, sampleArtefact(), silentContext)
  const rootfsDir = join(home.path, 'rootfs')
  assert.deepEqual(await resolveRootfs({ rootfsDir, runtime: 'sample' }), {
    path: join(directory, 'sample.ext4'),
    recipeHash: meta.recipeHash,
    version: '1.2.3',
  })
})

test('what was resolved stays as it is when a build moves the link', async () => {
  await using home = await temporaryHome()
  await ensureArtefact(home.path, sampleArtefact(), silentContext)
  const rootfsDir = join(home.path, 'rootfs')
  const before = await resolveRootfs({ rootfsDir, runtime: 'sample' })
  await ensureArtefact(home.path, sampleArtefact({ recipe: { revision: 2 } }), silentContext)
  const after = await resolveRootfs({ rootfsDir, runtime: 'sample' })
  assert.notEqual(after.path, before.path)
  assert.deepEqual(await resolveImage('sample', before.path), before)
})

test('a missing image is an error that says how to make it', async () => {
  await using home = await temporaryHome()
  await assert.rejects(resolveRootfs({ rootfsDir: home.path, runtime: 'python' }), (error) => {
    assert.ok(error instanceof ImageMissingError)
    assert.equal(error.code, 'image_missing')
    assert.equal(error.image, 'python')
    assert.match(error.message, /vulcan images build/)
    return true
  })
})

test('a runtime cannot name a file elsewhere', async () => {
  await using home = await temporaryHome()
  await mkdir(join(home.path, 'rootfs'))
  await writeFile(join(home.path, 'secret.ext4'), '')
  for (const runtime of ['../secret', '..', 'a/../../secret', join(home.path, 'secret')]) {
    const resolving = resolveRootfs({ rootfsDir: join(home.path, 'rootfs'), runtime })
    await assert.rejects(resolving, ImageMissingError)
  }
})

test('a truncated image is not handed out', async () => {
  await using home = await temporaryHome()
  const { directory } = await ensureArtefact(home.path, sampleArtefact(), silentContext)
  await cutOff(join(directory, 'sample.ext4'), 10)
  const resolving = resolveRootfs({ rootfsDir: join(home.path, 'rootfs'), runtime: 'sample' })
  await assert.rejects(resolving, ImageDamagedError)
})

test("an operator's own file is taken as it is, without a hash", async () => {
  await using home = await temporaryHome()
  const path = join(home.path, 'vmlinux')
  await writeFile(path, 'my own kernel')
  assert.deepEqual(await resolveImage('kernel', path), { path })
})
