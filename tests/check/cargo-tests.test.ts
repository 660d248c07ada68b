import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CargoOutput } from '../support/cargo-tests.ts'

const machine = { kvm: false, root: true }

test('the results of all crates are summed', () => {
  const output = new CargoOutput(machine, [])
  output.add(
    'test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s',
  )
  output.add('test record::tests::writes_a_record ... ok')
  output.add(
    'test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s',
  )
  assert.deepEqual(output.totals, { passed: 15, failed: 2, skipped: 1 })
})

test('an ignored test is refused with its reason, unless it is listed', () => {
  const listed = { file: 'native', test: 'mounts::tests::pivots', reason: 'needs root', on: {} }
  const output = new CargoOutput(machine, [listed])
  output.add('test mounts::tests::pivots ... ignored, needs root')
  assert.deepEqual(output.refusedSkips, [])
  output.add('test tsc::tests::measures ... ignored')
  assert.deepEqual(output.refusedSkips, ['native: tsc::tests::measures: (no reason given)'])
})

test('what failed is named for the end of the run', () => {
  const output = new CargoOutput(machine, [])
  output.add('test record::tests::writes_a_record ... ok')
  output.add('test mounts::tests::pivots ... FAILED')
  assert.deepEqual(output.failures, ['  ✖ native: mounts::tests::pivots'])
})
