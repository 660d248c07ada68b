import assert from 'node:assert/strict'
import { test } from 'node:test'
import { narrowed } from '../src/command/narrow-plan.ts'
import { FULL, QUICK } from '../src/plan.ts'

test('a plan that is not narrowed stays as it is', () => {
  assert.deepEqual(narrowed(FULL, {}), FULL)
})

test('runtimes, rounds and levels can be fewer', () => {
  const plan = narrowed(FULL, { runtimes: ['node'], rounds: 2, levels: [1, 4] })
  assert.deepEqual(plan.runtimes, ['node'])
  assert.deepEqual(plan.atOnce, {
    runtimes: ['node'],
    levels: [1, 4],
    rounds: 1,
    roundsOfLargest: 1,
  })
  assert.deepEqual([plan.rounds.min, plan.rounds.max, plan.warmUps], [2, 2, 2])
})

test('what is no number of rounds is refused', () => {
  for (const rounds of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => narrowed(QUICK, { rounds }), RangeError)
    assert.throws(() => narrowed(QUICK, { levels: [rounds] }), RangeError)
  }
})

test('more programs at once than there are warm VMs are refused: some would not be warm', () => {
  assert.throws(() => narrowed(QUICK, { levels: [QUICK.poolSize + 1] }), /11 at once are more/)
})

test('the burst is as large as the pool in both plans', () => {
  for (const { atOnce, poolSize } of [QUICK, FULL]) assert.ok(atOnce.levels.includes(poolSize))
})
