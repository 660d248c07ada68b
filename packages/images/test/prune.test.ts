import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { lutimes, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { pruneImages } from '../src/index.ts'
import { ensureArtefact } from '../src/store.ts'
import { sampleArtefact, silentContext } from './fixtures/sample-artefact.ts'
import { temporaryHome } from './fixtures/temporary-home.ts'

const never = (detail: string) => assert.fail(detail)

/** Two builds of one image, of which the link leads to the later. */
async function twoBuilds(home: string) {
  const older = await ensureArtefact(home, sampleArtefact(), silentContext)
  const newer = await ensureArtefact(
    home,
    sampleArtefact({ recipe: { revision: 2 } }),
    silentContext,
  )
  return { older: older.directory, newer: newer.directory }
}

/** As if the link had been made two minutes ago. */
async function age(home: string): Promise<void> {
  const then = new Date(Date.now() - 120_000)
  await lutimes(join(home, 'rootfs/sample.ext4'), then, then)
}

test('an older build goes, and the one that the link leads to stays', async () => {
  await using home = await temporaryHome()
  const { older, newer } = await twoBuilds(home.path)
  await age(home.path)
  const removed = await pruneImages({ home: home.path, inUse: [], report: never })
  assert.deepEqual(
    removed.map(({ directory }) => directory),
    [older],
  )
  assert.equal(existsSync(older), false)
  assert.equal(existsSync(newer), true)
})

test('an older build that a VM uses stays', async () => {
  await using home = await temporaryHome()
  const { older } = await twoBuilds(home.path)
  await age(home.path)
  const inUse = [join(older, 'sample.ext4')]
  assert.deepEqual(await pruneImages({ home: home.path, inUse, report: never }), [])
  assert.equal(existsSync(older), true)
})

test('an older build that the configuration names through a link stays', async () => {
  await using home = await temporaryHome()
  const { older } = await twoBuilds(home.path)
  await age(home.path)
  const link = join(home.path, 'mine')
  await symlink(join(older, 'sample.ext4'), link)
  assert.deepEqual(await pruneImages({ home: home.path, inUse: [link], report: never }), [])
})

test('nothing goes while a link is so young that somebody may still follow the older one', async () => {
  await using home = await temporaryHome()
  const { older } = await twoBuilds(home.path)
  const words: string[] = []
  const report = (detail: string) => words.push(detail)
  assert.deepEqual(await pruneImages({ home: home.path, inUse: [], report }), [])
  assert.match(words.join(), /less than a minute/)
  assert.equal(existsSync(older), true)
})

test('where nothing was built nothing is pruned', async () => {
  await using home = await temporaryHome()
  assert.deepEqual(await pruneImages({ home: home.path, inUse: [], report: never }), [])
})
