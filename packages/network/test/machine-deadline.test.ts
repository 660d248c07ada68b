import assert from 'node:assert/strict'
import { test } from 'node:test'
import { machineDeadlineMs } from '../src/machine-deadline.ts'

test('a deadline grows with the time that Node took to start, from a tenth of a second on', () => {
  assert.equal(machineDeadlineMs(10_000, 40), 10_000)
  assert.equal(machineDeadlineMs(10_000, 250), 25_000)
  assert.equal(machineDeadlineMs(10_000, 60_000), 300_000)
})
