import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { apiKeyPrefix, formatApiKey, newApiKey, parseApiKey } from '../../src/access/api-key.ts'

test('a key has an id that may be shown and a secret of at least 256 bits, in letters and digits', () => {
  const key = newApiKey()
  const [prefix, id, secret = '', ...more] = formatApiKey(key).split('_')
  assert.deepEqual([prefix, id, more], ['vk', key.id, []])
  assert.match(secret, /^[0-9A-Za-z]+$/)
  assert.ok(secret.length * Math.log2(62) >= 256)
  assert.equal(apiKeyPrefix(key.id), `vk_${key.id}`)
  assert.ok(!apiKeyPrefix(key.id).includes(secret))
})

test('no two keys are alike, and every letter comes up', () => {
  const keys = Array.from({ length: 500 }, newApiKey)
  assert.equal(new Set(keys.map(({ id }) => id)).size, 500)
  assert.equal(new Set(keys.map(({ secret }) => secret)).size, 500)
  assert.equal(new Set(keys.flatMap(({ secret }) => [...secret])).size, 62)
})

test('what is parsed is what was formatted', () => {
  const key = newApiKey()
  assert.deepEqual(parseApiKey(formatApiKey(key)), key)
})

test('nothing else is a key', () => {
  const whole = formatApiKey(newApiKey())
  const nearly = [
    '',
    'vk__',
    ` ${whole}`,
    `${whole}\n`,
    `${whole}a`,
    whole.slice(0, -1),
    whole.replace('vk_', 'VK_'),
    whole.replaceAll('_', '-'),
    whole.replace(/.$/, 'é'),
    `${whole},${whole}`,
  ]
  for (const text of nearly) assert.equal(parseApiKey(text), undefined, text)
})

test('whatever is changed in a key, it is another one or none', () => {
  const whole = formatApiKey(newApiKey())
  const change = fc.tuple(fc.nat(whole.length), fc.nat(3), fc.string({ maxLength: 3 }))
  fc.assert(
    fc.property(change, ([at, cut, put]) => {
      const text = whole.slice(0, at) + put + whole.slice(at + cut)
      const parsed = parseApiKey(text)
      if (parsed !== undefined) assert.equal(formatApiKey(parsed), text)
    }),
    { numRuns: 1_000 },
  )
})
