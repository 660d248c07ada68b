import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CidAllocator, CidsExhaustedError } from '../src/cid.ts'

test('context ids count from the base and are unique while in use', () => {
  const cids = new CidAllocator(3)
  assert.deepEqual([cids.allocate(), cids.allocate(), cids.allocate()], [3, 4, 5])
})

test('a released context id is used again', () => {
  const cids = new CidAllocator(100)
  const first = cids.allocate()
  cids.allocate()
  cids.release(first)
  assert.equal(cids.allocate(), first)
})

test('exhaustion is a typed error, and passes with a release', () => {
  const cids = new CidAllocator(3, 4)
  cids.allocate()
  const last = cids.allocate()
  assert.throws(() => cids.allocate(), CidsExhaustedError)
  cids.release(last)
  assert.equal(cids.allocate(), last)
})

test('a base among the reserved ids is refused', () => {
  assert.throws(() => new CidAllocator(2), RangeError)
})
