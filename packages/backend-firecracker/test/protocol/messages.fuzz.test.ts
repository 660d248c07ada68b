import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz, mutateBytes, mutateJson, type Random } from '@vulcan/firecracker/testing'
import { ProtocolError } from '../../src/protocol/errors.ts'
import { parseReady, parseRunMessage } from '../../src/protocol/messages.ts'

const READY = {
  ...{ type: 'ready', version: '0.1.0', uptime_ms: 310 },
  stages: { init_ms: 200, root_ms: 250, listening_ms: 300 },
}
const MESSAGES = [
  { type: 'output', stream: 'stdout', data: 'aGVsbG8gd29ybGQ=' },
  { type: 'started' },
  {
    type: 'result',
    response: {
      exit_code: 0,
      error: '',
      reason: 'exited',
      truncated: { stdout: false, stderr: false },
      started_at: '2026-11-21T00:00:00Z',
    },
  },
]

/** A value as JSON.parse gives it, so that `__proto__` is a name like others. */
function received(random: Random, message: unknown): unknown {
  const json = JSON.stringify(mutateJson(random, message))
  try {
    return JSON.parse(mutateBytes(random, Buffer.from(json)).toString())
  } catch {
    return JSON.parse(json)
  }
}

/** What `parse` makes of the value; undefined when it refuses as it should. */
function accepted<Parsed>(parse: (value: unknown) => Parsed, value: unknown): Parsed | undefined {
  try {
    return parse(value)
  } catch (error) {
    if (error instanceof ProtocolError && error.code === 'message_unexpected') return undefined
    throw error
  }
}

const names = (value: object) => Object.keys(value).sort().join()

const DAY_MS = 24 * 3_600_000

/** What a guest may say of times: whole milliseconds, of a day at most. */
function assertTimes(times: readonly (number | undefined)[]): void {
  for (const ms of times) {
    assert.ok(ms === undefined || (Number.isInteger(ms) && ms >= 0 && ms <= DAY_MS), String(ms))
  }
}

test('a readiness is taken with a short version, times within a day and nothing else, or refused', async (t) => {
  await fuzz(t, (random) => {
    const ready = accepted(parseReady, received(random, READY))
    if (ready === undefined) return
    assert.equal(names(ready), 'stages,uptimeMs,version')
    assert.ok(ready.version.length <= 64)
    const { initMs, rootMs, listeningMs } = ready.stages ?? {}
    assertTimes([ready.uptimeMs, initMs, rootMs, listeningMs])
  })
})

test('a message of a run is taken with the fields of its kind and no others, or refused', async (t) => {
  await fuzz(t, (random) => {
    const message = accepted(parseRunMessage, received(random, random.pick(MESSAGES)))
    if (message === undefined) return
    if (message.type === 'output') {
      assert.equal(names(message), 'data,stream,type')
      assert.ok(Buffer.isBuffer(message.data))
      assert.ok(['stdout', 'stderr'].includes(message.stream))
    } else if (message.type === 'started') {
      assert.equal(names(message), 'type')
    } else {
      const { exitCode, error, truncated } = message.response
      assert.equal(names(message), 'response,type')
      assert.equal(names(message.response), 'error,exitCode,reason,truncated')
      assert.ok(
        exitCode === null || (Number.isInteger(exitCode) && exitCode >= 0 && exitCode < 256),
      )
      assert.equal(typeof error, 'string')
      assert.deepEqual(Object.values(truncated).map(Boolean), Object.values(truncated))
    }
    assert.deepEqual(Object.keys(Object.prototype), [])
  })
})
