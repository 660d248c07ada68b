import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteTail } from '../../src/process/byte-tail.ts'
import { cut, fuzz } from '../../testing/index.ts'

test('the tail of a console is its last bytes, in whatever pieces they came', async (t) => {
  await fuzz(t, (random) => {
    const limitBytes = 1 + random.below(64)
    const bytes = random.bytes(random.below(200))
    const tail = new ByteTail(limitBytes)
    for (const piece of cut(random, bytes)) tail.append(piece)
    assert.equal(tail.toString(), bytes.subarray(-limitBytes).toString())
  })
})
