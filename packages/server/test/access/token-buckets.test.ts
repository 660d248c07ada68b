import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TokenBuckets } from '../../src/access/token-buckets.ts'

test('a minute brings its tokens, all at once or one after the other', () => {
  let nowMs = 5_000
  const buckets = new TokenBuckets({ namesMax: 10, nowMs: () => nowMs })
  assert.deepEqual(
    Array.from({ length: 4 }, () => buckets.take('one', 3)),
    [0, 0, 0, 20_000],
  )
  nowMs += 19_000
  assert.equal(buckets.take('one', 3), 1_000)
  nowMs += 1_000
  assert.equal(buckets.take('one', 3), 0)
  assert.equal(buckets.take('one', 3), 20_000)
})

test('each name has its own', () => {
  const buckets = new TokenBuckets({ namesMax: 10, nowMs: () => 0 })
  assert.deepEqual(
    ['one', 'two', 'one'].map((name) => buckets.take(name, 1)),
    [0, 0, 60_000],
  )
})

test('only so many names are known', () => {
  const buckets = new TokenBuckets({ namesMax: 2, nowMs: () => 0 })
  for (const name of ['one', 'two', 'three']) assert.equal(buckets.take(name, 1), 0)
  assert.equal(buckets.take('three', 1), 60_000)
  assert.equal(buckets.take('two', 1), 60_000)
  assert.equal(buckets.take('one', 1), 0)
})

test('in no minute are more taken than the bucket and its minute hold, and after the wait there is one', () => {
  const perMinute = fc.integer({ min: 1, max: 1_000 })
  const pausesMs = fc.array(fc.double({ min: 0, max: 90_000, noNaN: true }), { maxLength: 200 })
  fc.assert(
    fc.property(perMinute, pausesMs, (most, pauses) => {
      let nowMs = 0
      const buckets = new TokenBuckets({ namesMax: 1, nowMs: () => nowMs })
      const takenAtMs: number[] = []
      for (const pauseMs of pauses) {
        nowMs += pauseMs
        const waitMs = buckets.take('one', most)
        if (waitMs > 0) {
          nowMs += waitMs
          assert.equal(buckets.take('one', most), 0)
        }
        takenAtMs.push(nowMs)
      }
      for (const [at, fromMs] of takenAtMs.entries()) {
        const inMinute = takenAtMs.slice(at).filter((atMs) => atMs < fromMs + 60_000).length
        assert.ok(inMinute <= 2 * most)
      }
    }),
  )
})
