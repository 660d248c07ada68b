import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SlotPool } from '../src/index.ts'

test('whoever disposes of a pool a second time waits for its end, too', async () => {
  const { promise: made, resolve: onMade } = Promise.withResolvers<void>()
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  let released = false
  const pool = new SlotPool({
    ready: 1,
    make: async () => {
      onMade()
      return {
        async [Symbol.asyncDispose]() {
          await gate
          released = true
        },
      }
    },
    onRefillError: (error) => assert.fail(String(error)),
  })
  await made
  const first = pool[Symbol.asyncDispose]()
  const second = pool[Symbol.asyncDispose]().then(() => assert.equal(released, true))
  open()
  await Promise.all([first, second])
})
