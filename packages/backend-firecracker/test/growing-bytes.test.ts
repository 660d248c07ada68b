import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GrowingBytes } from '../src/growing-bytes.ts'

test('pieces become one, in their order', () => {
  const kept = new GrowingBytes(1000)
  for (const word of ['one', '', ' two', ' three']) assert.ok(kept.append(Buffer.from(word)))
  assert.equal(Buffer.from(kept.bytes).toString(), 'one two three')
})

test('the limit may be filled, and what goes over it is not taken', () => {
  const kept = new GrowingBytes(10)
  assert.ok(kept.append(Buffer.alloc(6, 'a')))
  assert.equal(kept.append(Buffer.alloc(5, 'b')), false)
  assert.ok(kept.append(Buffer.alloc(4, 'c')))
  assert.equal(Buffer.from(kept.bytes).toString(), 'aaaaaacccc')
  assert.ok(kept.append(Buffer.alloc(0)))
})

test('a view that was taken stays as it is while more comes', () => {
  const kept = new GrowingBytes(1000)
  kept.append(Buffer.from('early'))
  const early = kept.bytes
  for (let count = 0; count < 100; count += 1) kept.append(Buffer.from('later'))
  assert.equal(Buffer.from(early).toString(), 'early')
})
