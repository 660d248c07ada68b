import assert from 'node:assert/strict'
import { test } from 'node:test'
import { goalsOf } from '../src/report/goals.ts'
import { asText } from '../src/report/table.ts'
import { tablesOf } from '../src/report/tables.ts'
import { exampleResult, series } from './support/example-result.ts'

function byMeasure(result = exampleResult()) {
  return new Map(goalsOf(result).map((goal) => [goal.measure, goal]))
}

test('every row of what is to be shown is computed from one result', () => {
  const shown = [...byMeasure().values()].map(({ measure, goal, figure, isMet }) => [
    measure,
    goal,
    figure,
    isMet,
  ])
  assert.deepEqual(shown, [
    ['cold ÷ the VMM and its helper started by hand, python', '≤ 1.05', '1.000', true],
    ['warm VM ÷ starting the interpreter in an open VM, python', '≤ 1.2', '1.100', true],
    ['warm interpreter ÷ starting the interpreter, python', '≤ 0.2', '0.100', true],
    ['cold ÷ warm interpreter, python', '≥ 20', '100', true],
    ['10 at once, to the last result: without pool ÷ with, python', '≥ 10', '20.0', true],
    ['a warm hello ÷ an echo over vsock, python', 'reported', '10.0', null],
    ["Vulcan's own process, idle, with 10 warm VMs", '< 1 %', '0.20 %', true],
    ['release seen by the caller', '0 runs', '0 of 3 runs', true],
  ])
})

test('a goal that is not reached is missed, with the medians that it comes from', () => {
  const { series: all } = exampleResult()
  const slow = all.map((one) => (one.arm === 'warm-vm' ? series('warm-vm', [150, 150, 150]) : one))
  const goal = byMeasure(exampleResult({ series: slow })).get(
    'warm VM ÷ starting the interpreter in an open VM, python',
  )
  assert.equal(goal?.isMet, false)
  assert.equal(goal?.note, '3 pairs; medians 150 ms and 100 ms, their ratio 1.500')
})

test('a row of an arm that is not there says why, and is neither met nor missed', () => {
  const because = 'this server has no pool of warm VMs'
  const { series: all } = exampleResult()
  const goals = byMeasure(
    exampleResult({
      series: all.map((one) =>
        one.arm.startsWith('warm') ? series(one.arm, [], { unavailable: because }) : one,
      ),
      bursts: [],
      idle: null,
      missing: [{ what: 'a burst on warm VMs, python', because }],
    }),
  )
  const missing = [...goals.values()].filter(({ value }) => value === null)
  assert.equal(missing.length, 6)
  for (const { figure, isMet, note } of missing) {
    assert.deepEqual([figure, isMet, note], ['not available', null, because])
  }
})

test('one or two pairs neither meet a goal nor miss it', () => {
  const { series: all } = exampleResult()
  const few = all.map((one) => ({ ...one, samples: one.samples.slice(0, 2) }))
  const goal = byMeasure(exampleResult({ series: few })).get('cold ÷ warm interpreter, python')
  assert.deepEqual([goal?.figure, goal?.isMet], ['100', null])
  assert.match(goal?.note ?? '', /^too few to judge: 2 pairs/)
})

test('neither does one burst, however much faster it was', () => {
  const [cold, warm] = exampleResult().bursts
  assert.ok(cold && warm)
  const goal = byMeasure(exampleResult({ bursts: [cold, warm] })).get(
    '10 at once, to the last result: without pool ÷ with, python',
  )
  assert.deepEqual([goal?.figure, goal?.isMet], ['20.0', null])
  assert.match(goal?.note ?? '', /^too few to judge: 1 pair; medians 5\.00 s and 250 ms$/)
})

test('an idle process that takes one per cent is too busy', () => {
  const result = exampleResult({ idle: { warmVms: 10, seconds: 10, cpuShare: 0.01 } })
  assert.equal(byMeasure(result).get("Vulcan's own process, idle, with 10 warm VMs")?.isMet, false)
})

test('a release that nobody counted, or that came before its answer, misses the goal', () => {
  for (const change of [{ releases: 0 }, { releasedBeforeAnswer: 1 }]) {
    const result = exampleResult()
    const [cold, ...others] = result.series
    assert.ok(cold)
    const [first, ...rest] = cold.samples
    const changed = { ...first, ms: 1000, facts: { ...first?.facts, ...change } }
    const goals = byMeasure({
      ...result,
      series: [{ ...cold, samples: [changed, ...rest] }, ...others],
    })
    assert.equal(goals.get('release seen by the caller')?.isMet, false)
  }
})

test('the tables have a line for every arm, those that are not there with the reason', () => {
  const text = tablesOf(exampleResult()).map(asText).join('\n')
  assert.match(text, /^cold, through HTTP +3 +100 % +1\.00 s +1\.01 s +1\.01 s +1\.01 s$/m)
  assert.match(text, /^docker run +0 +not available$/m)
  assert.match(text, /^docker run: not available, because docker is not here$/m)
  assert.match(text, /^10 +cold, through HTTP +3 +100 % +5\.00 s +5\.05 s +5\.00 s +2\.00$/m)
  assert.match(text, /^warm, waiting for a program +python +1 +211\.0 MiB +4\.10 s +0\.80 %$/m)
})

test('runs that failed are in the success rate and in nothing else', () => {
  const result = exampleResult({ series: [series('cold', [10, null, 10, 10])] })
  const text = tablesOf(result).map(asText).join('\n')
  assert.match(text, /^cold, through HTTP +4 +75 % +10\.0 ms +10\.0 ms +10\.0 ms +10\.0 ms$/m)
})
