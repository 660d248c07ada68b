import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type Duplex, duplexPair } from 'node:stream'
import { test } from 'node:test'
import { Monitor, type MonitorEvent } from '../src/monitor.ts'

const NEVER = new AbortController().signal
const GREETING = '{"QMP": {"version": {}, "capabilities": []}}\n'

function makeMonitor(): { monitor: Monitor; qemu: Duplex; events: MonitorEvent[] } {
  const [ours, qemu] = duplexPair()
  const events: MonitorEvent[] = []
  return { monitor: new Monitor(ours, (event) => events.push(event)), qemu, events }
}

test('it is connected when QEMU has greeted and taken a command', async () => {
  const { monitor, qemu } = makeMonitor()
  qemu.write(GREETING)
  const [command] = await once(qemu, 'data')
  assert.deepEqual(JSON.parse(command), { execute: 'qmp_capabilities' })
  qemu.write('{"return": {}}\n')
  await monitor.connected(NEVER)
})

test('messages may come in pieces and several at once', async () => {
  const { monitor, qemu, events } = makeMonitor()
  const event = '{"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-reset"}}\n'
  const text = `${GREETING}${event}{"event": "STOP"}\n{"return": {}}\n`
  qemu.write(text.slice(0, 60))
  qemu.write(text.slice(60))
  await monitor.connected(NEVER)
  assert.deepEqual(events, [
    { name: 'SHUTDOWN', data: { guest: true, reason: 'guest-reset' } },
    { name: 'STOP', data: {} },
  ])
})

test('a refusal says why', async () => {
  const { monitor, qemu } = makeMonitor()
  qemu.write(`${GREETING}{"error": {"class": "GenericError", "desc": "not now"}}\n`)
  await assert.rejects(monitor.connected(NEVER), { code: 'monitor', message: /refused: not now/ })
})

for (const [what, text] of [
  ['text that is not JSON', 'hello\n'],
  ['JSON that is no message', '{"id": 1}\n'],
  ['a line without an end', 'x'.repeat(1024 * 1024)],
  ['a second greeting', GREETING + GREETING],
] as const) {
  test(`${what} ends the connection`, async () => {
    const { monitor, qemu } = makeMonitor()
    qemu.write(text)
    await assert.rejects(monitor.connected(NEVER), { code: 'monitor', message: /was closed/ })
  })
}

test('whoever waits is told when QEMU goes away', async () => {
  const { monitor, qemu } = makeMonitor()
  qemu.end()
  await assert.rejects(monitor.connected(NEVER), { code: 'monitor' })
})

test('nobody waits longer than the signal', async () => {
  const { monitor } = makeMonitor()
  const reason = new Error('enough')
  await assert.rejects(monitor.connected(AbortSignal.abort(reason)), reason)
})
