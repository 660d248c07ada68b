import assert from 'node:assert/strict'
import { duplexPair } from 'node:stream'
import { test } from 'node:test'
import { cut, fuzz, mutateBytes, mutateJson, type Random } from '@vulcan/firecracker/testing'
import { MonitorError } from '../src/errors.ts'
import { Monitor, type MonitorEvent } from '../src/monitor.ts'

const NEVER = new AbortController().signal
const LINES = [
  { QMP: { version: { qemu: { major: 10, minor: 0, micro: 0 } }, capabilities: [] } },
  { return: {} },
  { error: { class: 'GenericError', desc: 'not now' } },
  { event: 'SHUTDOWN', data: { guest: true, reason: 'guest-reset' }, timestamp: { seconds: 1 } },
  { event: 'STOP' },
]

function conversation(random: Random): Buffer {
  const lines = Array.from({ length: random.below(6) }, () => {
    return `${JSON.stringify(mutateJson(random, random.pick(LINES)))}\n`
  })
  const bytes = Buffer.from(lines.join(''))
  return random.oneIn(2) ? mutateBytes(random, bytes) : bytes
}

test('whatever QEMU says, its events have their shape and who waits is told', async (t) => {
  await fuzz(t, async (random) => {
    const [ours, qemu] = duplexPair()
    qemu.resume()
    const { promise: closed, resolve: onClosed } = Promise.withResolvers<void>()
    ours.once('close', onClosed)
    const onEvent = ({ name, data }: MonitorEvent) => {
      assert.equal(typeof name, 'string')
      assert.equal(Object.getPrototypeOf(data), Object.prototype)
    }
    const monitor = new Monitor(ours, onEvent)
    const connected = monitor.connected(NEVER)
    for (const piece of cut(random, conversation(random))) qemu.write(piece)
    qemu.end()
    try {
      await connected
    } catch (error) {
      if (!(error instanceof MonitorError)) throw error
    }
    // All of it was read, also what came after the connection was made.
    await closed
  })
})
