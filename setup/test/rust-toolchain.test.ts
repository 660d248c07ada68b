import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readChannel } from '../src/steps/rust-toolchain.ts'

test('the pinned version is read from rust-toolchain.toml', () => {
  assert.equal(readChannel('[toolchain]\nchannel = "1.95.0"\nprofile = "minimal"\n'), '1.95.0')
})

test('a toolchain that is not pinned is refused', () => {
  assert.throws(() => readChannel('[toolchain]\nprofile = "minimal"\n'), {
    code: 'toolchain_not_pinned',
  })
})
