import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Adapter } from '../src/adapters/adapter.ts'
import type { ArmName } from '../src/arms.ts'
import { type Callers, measureAtOnce } from '../src/measure/at-once.ts'
import { Echoes } from '../src/measure/echoes.ts'
import { interleave } from '../src/measure/interleave.ts'
import { whyNotWarm } from '../src/measure/warm-counts.ts'
import type { Program } from '../src/programs.ts'

const { signal } = new AbortController()
const quiet = async () => undefined
const rounds = (min: number, max = min, budgetMs = 0) => ({ min, max, budgetMs })

function arm(name: ArmName, run: (program: Program) => string): Adapter {
  return {
    arm: name,
    run: async (program) => ({ stdout: run(program) }),
    [Symbol.asyncDispose]: async () => undefined,
  }
}

test('every other round goes in the other direction, after the warm-ups', async () => {
  const order: string[] = []
  const arms = (['cold', 'by-hand'] as const).map((name) =>
    arm(name, ({ nonce }) => {
      order.push(name)
      return nonce
    }),
  )
  const plan = { warmUps: 1, rounds: rounds(3) }
  const series = await interleave(arms, { plan, runtime: 'python', signal, quiet })
  assert.deepEqual(order, [
    ...['cold', 'by-hand'],
    ...['cold', 'by-hand', 'by-hand', 'cold', 'cold', 'by-hand'],
  ])
  assert.deepEqual(
    series.map(({ arm, samples }) => [arm, samples.length]),
    [
      ['cold', 3],
      ['by-hand', 3],
    ],
  )
})

test('what earlier runs left behind is waited for before each run', async () => {
  const order: string[] = []
  const running = arm('cold', ({ nonce }) => {
    order.push('run')
    return nonce
  })
  const waiting = async () => {
    order.push('quiet')
  }
  const plan = { warmUps: 0, rounds: rounds(2) }
  await interleave([running], { plan, runtime: 'node', signal, quiet: waiting })
  assert.deepEqual(order, ['quiet', 'run', 'quiet', 'run'])
})

test('no program is like another', async () => {
  const nonces = new Set<string>()
  const seen = arm('cold', ({ nonce, code }) => {
    assert.ok(code.includes(nonce))
    nonces.add(nonce)
    return nonce
  })
  const plan = { warmUps: 2, rounds: rounds(5) }
  await interleave([seen], { plan, runtime: 'go', signal, quiet })
  assert.equal(nonces.size, 7)
})

test('an arm that fails three times in a row is given up, the others go on', async () => {
  const broken = arm('warm-vm', () => {
    throw new Error('no warm VM was there for it')
  })
  const fine = arm('cold', ({ nonce }) => nonce)
  const plan = { warmUps: 0, rounds: rounds(5) }
  const [first, second] = await interleave([broken, fine], {
    plan,
    runtime: 'python',
    signal,
    quiet,
  })
  assert.equal(first?.samples.length, 3)
  assert.match(first?.unavailable ?? '', /3 times in a row: no warm VM was there for it/)
  assert.equal(second?.samples.length, 5)
})

test('a server that does not become quiet fails its runs, and what was measured before is kept', async () => {
  let rests = 0
  const fails = async () => {
    rests += 1
    if (rests > 4) throw new Error('the server is gone')
  }
  const arms = [arm('cold', ({ nonce }) => nonce), arm('by-hand', ({ nonce }) => nonce)]
  const plan = { warmUps: 0, rounds: rounds(9) }
  const series = await interleave(arms, { plan, runtime: 'python', signal, quiet: fails })
  for (const { samples, unavailable } of series) {
    assert.deepEqual(
      samples.map(({ ms, error }) => (ms === null ? error : 'fine')),
      ['fine', 'fine', ...Array(3).fill('the server is gone')],
    )
    assert.match(unavailable ?? '', /3 times in a row: the server is gone/)
  }
})

test('echoes that fail are samples, and given up when none comes back any more', async () => {
  const echoes = [1, 2, undefined, 3]
  const vm = {
    echo: async () => echoes.shift() ?? Promise.reject(new Error('the VM is gone')),
  }
  const measured = new Echoes(vm, 'python')
  await measured.take(4, signal)
  await measured.take(40, signal)
  const { samples, unavailable } = measured.series
  assert.deepEqual(
    samples.map(({ ms }) => ms),
    [1, 2, null, 3, null, null, null],
  )
  assert.match(unavailable ?? '', /3 times in a row: the VM is gone/)
})

test('rounds end when the time is up, but not before there are enough', async () => {
  const fine = arm('cold', ({ nonce }) => nonce)
  const plan = { warmUps: 0, rounds: rounds(4, 1000, -1) }
  const [series] = await interleave([fine], { plan, runtime: 'python', signal, quiet })
  assert.equal(series?.samples.length, 4)
})

test('so many programs run at the same moment, and the last of them counts', async () => {
  let running = 0
  let most = 0
  const slow = (name: ArmName): Adapter => ({
    ...arm(name, ({ nonce }) => nonce),
    run: async ({ nonce }) => {
      running += 1
      most = Math.max(most, running)
      await Promise.resolve()
      running -= 1
      return { stdout: nonce }
    },
  })
  const bursts = await measureAtOnce([{ arm: 'cold', open: async () => slow('cold') }], {
    plan: { levels: [1, 3], rounds: 2, roundsOfLargest: 2, runtimes: ['python'] },
    runtime: 'python',
    signal,
    quiet,
  })
  assert.equal(most, 3)
  assert.deepEqual(
    bursts.map(({ atOnce, samples }) => [atOnce, samples.length]),
    [
      [1, 1],
      [3, 3],
      [3, 3],
      [1, 1],
    ],
  )
  for (const { lastMs, samples } of bursts) {
    assert.equal(lastMs, Math.max(...samples.map(({ ms }) => ms ?? Number.NaN)))
  }
})

test('a burst in which one program fails has no time to the last', async () => {
  let opened = 0
  const open = async () => {
    opened += 1
    const isBroken = opened === 2
    return arm('cold', ({ nonce }) => (isBroken ? '' : nonce))
  }
  const [burst] = await measureAtOnce([{ arm: 'cold', open }], {
    plan: { levels: [2], rounds: 1, roundsOfLargest: 1, runtimes: ['python'] },
    runtime: 'python',
    signal,
    quiet,
  })
  assert.equal(burst?.lastMs, null)
})

test('the largest level has rounds of its own', async () => {
  const open = async () => arm('cold', ({ nonce }) => nonce)
  const bursts = await measureAtOnce([{ arm: 'cold', open }], {
    plan: { levels: [1, 3, 2], rounds: 1, roundsOfLargest: 3, runtimes: ['python'] },
    runtime: 'python',
    signal,
    quiet,
  })
  assert.deepEqual(
    bursts.map(({ atOnce }) => atOnce),
    [1, 3, 2, 3, 3],
  )
})

test('a warm burst of which one program was not warm is none, however fast it was', async () => {
  const counts = [
    { misses: 4, warm: 10 },
    { misses: 5, warm: 11 },
    { misses: 5, warm: 11 },
    { misses: 5, warm: 13 },
  ]
  const read = async () => counts.shift() ?? assert.fail('read too often')
  const warm: Callers = {
    arm: 'warm-interpreter',
    open: async () => arm('warm-interpreter', ({ nonce }) => nonce),
    watch: async () => {
      const before = await read()
      return async (runs) => whyNotWarm(before, await read(), 'warm', runs)
    },
  }
  const [missed, found] = await measureAtOnce([warm], {
    plan: { levels: [2], rounds: 2, roundsOfLargest: 2, runtimes: ['python'] },
    runtime: 'python',
    signal,
    quiet,
  })
  assert.equal(missed?.lastMs, null)
  assert.deepEqual(
    missed.samples.map(({ error }) => error),
    ['no warm VM was there for 1 of 2', 'no warm VM was there for 1 of 2'],
  )
  assert.notEqual(found?.lastMs, null)
})
