import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { PreflightCache } from '../src/preflight-cache.ts'

const BOOTS = { boots: true, isConclusive: true, words: '', bootMs: 400 }
const FAILS = { boots: false, isConclusive: true, words: 'no', bootMs: null }
const MINUTE_MS = 60_000

async function cacheOf(t: TestContext): Promise<PreflightCache> {
  const directory = await mkdtemp(join(tmpdir(), 'vp-'))
  t.after(() => rm(directory, { recursive: true }))
  return new PreflightCache(directory)
}

test('success is kept, failure for ten minutes, each under its key', async (t) => {
  t.mock.timers.enable({ apis: ['Date'] })
  const cache = await cacheOf(t)
  await cache.keep('a', BOOTS)
  await cache.keep('b', FAILS)
  assert.deepEqual(await cache.find('a'), BOOTS)
  t.mock.timers.tick(10 * MINUTE_MS - 1)
  assert.deepEqual(await cache.find('b'), FAILS)
  t.mock.timers.tick(1)
  assert.equal(await cache.find('b'), undefined)
  assert.deepEqual(await cache.find('a'), BOOTS)
  assert.equal(await cache.find('c'), undefined)
})

test('what was found later replaces what was found before', async (t) => {
  const cache = await cacheOf(t)
  await cache.keep('a', FAILS)
  await cache.keep('a', BOOTS)
  assert.deepEqual(await cache.find('a'), BOOTS)
})

test('a memory that is none is an empty one', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'vp-'))
  t.after(() => rm(directory, { recursive: true }))
  await writeFile(join(directory, 'preflight.json'), '{"boots": true}')
  assert.equal(await new PreflightCache(directory).find('a'), undefined)
})
