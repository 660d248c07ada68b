import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { BootClock } from '../src/boot-clock.ts'

/** A clock whose time passes when the test says so; `performance.now` goes with the timers. */
function tickingClock(t: TestContext, crowding: (boots: number) => number) {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let nowMs = 0
  t.mock.method(performance, 'now', () => nowMs)
  const pass = (durationMs: number) => {
    for (const endMs = nowMs + durationMs; nowMs < endMs; ) {
      nowMs += 250
      t.mock.timers.tick(250)
    }
  }
  return { clock: new BootClock(crowding), pass }
}

test('a boot alone on its core has its time and no more', (t) => {
  const { clock, pass } = tickingClock(t, () => 1)
  using boot = clock.start(2_000)
  pass(1_750)
  assert.equal(boot.signal.aborted, false)
  pass(250)
  assert.equal(boot.signal.reason.code, 'agent_unreachable')
})

test('while boots share a core, each of them has longer, the first one too', (t) => {
  const { clock, pass } = tickingClock(t, (boots) => boots)
  using first = clock.start(2_000)
  pass(1_000)
  using second = clock.start(2_000)
  pass(1_750)
  assert.equal(first.signal.aborted, false)
  pass(250)
  assert.deepEqual([first.signal.aborted, second.signal.aborted], [true, false])
  pass(1_000)
  assert.equal(second.signal.aborted, true)
})

test('a boot that has ended in time is not told off later', (t) => {
  const { clock, pass } = tickingClock(t, () => 1)
  const boot = clock.start(1_000)
  boot[Symbol.dispose]()
  pass(5_000)
  assert.equal(boot.signal.aborted, false)
})
