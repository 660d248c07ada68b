import assert from 'node:assert/strict'
import { test } from 'node:test'
import { present, ratio, row, summarize } from '../src/statistics.ts'

test('percentiles are values that occurred', () => {
  const values = Array.from({ length: 100 }, (_, at) => 100 - at)
  assert.deepEqual(summarize(values), { runs: 100, p50: 50, p95: 95, p99: 99, max: 100 })
  assert.deepEqual(summarize([3]), { runs: 1, p50: 3, p95: 3, p99: 3, max: 3 })
  assert.equal(summarize([1, 2, 3, 4]).p50, 2)
})

test('of no value there is no percentile', () => {
  const { runs, p50, max } = summarize([])
  assert.deepEqual({ runs, p50, max }, { runs: 0, p50: Number.NaN, max: Number.NaN })
})

test('a pair of which one run failed is left out of the ratio', () => {
  const { ofPairs, ofMedians, pairs } = ratio([10, null, 30, 40], [5, 5, null, 10])
  assert.equal(pairs, 2)
  assert.equal(ofPairs, 2)
  assert.equal(ofMedians, 30 / 5)
})

test('the ratio of pairs is not moved by a machine that slows down for all arms', () => {
  assert.equal(ratio([10, 20, 400], [10, 20, 400]).ofPairs, 1)
  assert.equal(ratio([20, 40, 800], [10, 20, 400]).ofPairs, 2)
})

test('arms that did not run as often are compared as far as there are pairs', () => {
  assert.equal(ratio([2, 4, 6], [1]).pairs, 1)
  assert.equal(ratio([], [1]).pairs, 0)
})

test('runs that failed are no values', () => {
  assert.deepEqual(present([1, null, 2]), [1, 2])
})

test('a row names its unit with each figure', () => {
  assert.match(row('arm', summarize([1.25]), 'ms'), /^arm +1 +1\.3 ms +1\.3 ms +1\.3 ms +1\.3 ms$/)
})
