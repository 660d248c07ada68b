import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseBytes, parseCount, parseDurationS, parseMib } from '../src/quantities.ts'
import { UsageError } from '../src/usage-error.ts'

test('durations are seconds, minutes, hours or days', () => {
  assert.deepEqual(
    ['90', '30s', '5m', '2h', '3d'].map((text) => parseDurationS('--timeout', text)),
    [90, 30, 300, 7200, 259_200],
  )
})

test('sizes are in powers of 1024', () => {
  assert.deepEqual(
    ['100', '2K', '16M', '1G'].map((text) => parseBytes('--output-limit', text)),
    [100, 2048, 16 * 1024 ** 2, 1024 ** 3],
  )
})

test('memory without a unit is in MiB', () => {
  assert.deepEqual(
    ['512', '256M', '2G'].map((text) => parseMib('--memory', text)),
    [512, 256, 2048],
  )
})

test('what is no quantity is refused by the name of its flag and what it takes', () => {
  for (const [parse, text] of [
    [parseDurationS, '5 minutes'],
    [parseDurationS, '-1'],
    [parseBytes, '16MB'],
    [parseBytes, ''],
    [parseMib, '100K'],
    [parseCount, '1.5'],
    [parseCount, '1K'],
  ] as const) {
    assert.throws(
      () => parse('--flag', text),
      (error: unknown) =>
        error instanceof UsageError && error.message.startsWith(`--flag is "${text}", but takes`),
    )
  }
})

test('what is out of range is refused by the name of its flag and the range', () => {
  const range = { min: 2, max: 4, words: '2 to 4' }
  for (const [parse, text, is] of [
    [parseDurationS, '4s', 4],
    [parseBytes, '2', 2],
    [parseMib, '3M', 3],
    [parseCount, '3', 3],
  ] as const) {
    assert.equal(parse('--flag', text, range), is)
  }
  for (const [parse, text] of [
    [parseDurationS, '1m'],
    [parseBytes, '1K'],
    [parseMib, '1'],
    [parseCount, '5'],
  ] as const) {
    assert.throws(() => parse('--flag', text, range), {
      message: `--flag is "${text}", but takes 2 to 4`,
    })
  }
})
