import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { VmWatcher } from '../src/vm-watcher.ts'
import { framed, READY, RESPONSE } from './support/agent-messages.ts'
import { answering, never, setUp, spec } from './support/backend-under-test.ts'

/** What a watcher was told, without durations; those are looked at as they come. */
function keepingWatcher(): { readonly told: unknown[][]; readonly watcher: VmWatcher } {
  const told: unknown[][] = []
  const tell = (...what: unknown[]) => void told.push(what)
  const duration = (durationMs: number) => {
    assert.ok(durationMs >= 0 && durationMs < 60_000, `${durationMs} ms`)
  }
  return {
    told,
    watcher: {
      opened: () => tell('opened'),
      started({ mode, durationMs, phases }) {
        duration(durationMs)
        for (const phase of phases) duration(phase.durationMs)
        const sumMs = phases.reduce((sum, phase) => sum + phase.durationMs, 0)
        // What is before the first phase is no part of any.
        assert.ok(sumMs <= durationMs, `${sumMs} ms of ${durationMs}`)
        tell('started', mode, ...phases.map(({ phase }) => phase))
      },
      startFailed: (phase, reason) => tell('startFailed', phase, reason),
      connected(result, durationMs) {
        duration(durationMs)
        tell('connected', result)
      },
      answered(durationMs) {
        duration(durationMs)
        tell('answered')
      },
      interpreted: (runtime, start) => tell('interpreted', runtime, start),
      poolAsked: (runtime, result) => tell('poolAsked', runtime, result),
      poolGave(runtime, waitedMs) {
        duration(waitedMs)
        tell('poolGave', runtime)
      },
      poolChanged: (runtime, change) => tell('poolChanged', runtime, change),
      poolRefilled(runtime, result, durationMs) {
        duration(durationMs)
        tell('poolRefilled', runtime, result)
      },
      released(result, durationMs) {
        duration(durationMs)
        tell('released', result)
      },
    },
  }
}

const WHOLE_START = ['started', 'cold', 'image', 'drives', 'vmm', 'booting']

test('a watcher is told of each step of a VM, once', async (t) => {
  const { told, watcher } = keepingWatcher()
  const script = answering({ type: 'started' }, { type: 'result', response: RESPONSE })
  const { backend } = await setUp(t, script, {}, { watcher })
  await backend.execute(spec(), { signal: never })
  await backend.idle()
  assert.deepEqual(told, [
    ['opened'],
    WHOLE_START,
    ['connected', 'ok'],
    ['answered'],
    ['released', 'ok'],
  ])
})

test('a start that fails is told with its phase and its reason, and the release follows', async (t) => {
  const { told, watcher } = keepingWatcher()
  const script = { readiness: { ...READY, message: framed([]) } }
  const { backend } = await setUp(t, script, {}, { watcher })
  await assert.rejects(backend.execute(spec(), { signal: never }))
  await backend.idle()
  assert.deepEqual(told, [
    ['opened'],
    ['startFailed', 'booting', 'protocol_violation'],
    ['released', 'ok'],
  ])
})

test('a VM that is refused before anything is made has failed at admission', async (t) => {
  const { told, watcher } = keepingWatcher()
  const { backend } = await setUp(t, {}, {}, { watcher })
  const memMib = 1024 * 1024
  await assert.rejects(backend.execute(spec({ memMib }), { signal: never }))
  await backend.idle()
  assert.deepEqual(told, [
    ['opened'],
    ['startFailed', 'admission', 'no_capacity'],
    ['released', 'ok'],
  ])
})

test('an agent that takes no connection is no failure of the start', async (t) => {
  const { told, watcher } = keepingWatcher()
  const { backend } = await setUp(t, { readiness: READY }, {}, { watcher })
  await assert.rejects(backend.execute(spec(), { signal: never }))
  await backend.idle()
  assert.deepEqual(told, [['opened'], WHOLE_START, ['connected', 'error'], ['released', 'ok']])
})

test('a VM that somebody ended while it started has not failed', async (t) => {
  const { told, watcher } = keepingWatcher()
  const { backend } = await setUp(t, {}, {}, { watcher })
  const kill = new AbortController()
  const result = await backend.execute(spec(), {
    signal: kill.signal,
    onEvent: (event) => {
      if (event.type === 'phase' && event.phase === 'booting') kill.abort()
    },
  })
  await backend.idle()
  assert.equal(result.outcome, 'killed')
  assert.deepEqual(told, [['opened'], ['released', 'ok']])
})
