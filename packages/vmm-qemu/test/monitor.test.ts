import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type Duplex, duplexPair } from 'node:stream'
import { test } from 'node:test'
import { Monitor, type MonitorEvent } from '../src/monitor.ts'

const NEVER = new AbortController().signal
const GREETING = '{"QMP": {"version": {}, "capabilities": []}}\n'

function connectedMonitor(): { monitor: Monitor; qemu: Duplex; events: MonitorEvent[] } {
  const [ours, qemu] = duplexPair()
  qemu.setEncoding('utf8')
  const events: MonitorEvent[] = []
  return { monitor: new Monitor(ours, (event) => events.push(event)), qemu, events }
}

async function received(qemu: Duplex): Promise<{ execute: string; id: number }> {
  const [line] = await once(qemu, 'data')
  return JSON.parse(line)
}

test('it connects when QEMU has greeted and executes commands', async () => {
  const { monitor, qemu } = connectedMonitor()
  const connected = monitor.connect(NEVER)
  qemu.write(GREETING)
  const { execute, id } = await received(qemu)
  assert.equal(execute, 'qmp_capabilities')
  qemu.write(`{"return": {}, "id": ${id}}\n`)
  await connected
})

test('messages may come in pieces and several at once', async () => {
  const { monitor, qemu, events } = connectedMonitor()
  const executed = monitor.execute('stop', NEVER)
  const { id } = await received(qemu)
  const event = '{"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-reset"}}\n'
  const text = `${event}{"event": "STOP"}\n{"return": {}, "id": ${id}}\n`
  qemu.write(text.slice(0, 30))
  qemu.write(text.slice(30))
  await executed
  assert.deepEqual(events, [
    { name: 'SHUTDOWN', data: { guest: true, reason: 'guest-reset' } },
    { name: 'STOP', data: {} },
  ])
})

test('a refused command says why', async () => {
  const { monitor, qemu } = connectedMonitor()
  const executed = monitor.execute('cont', NEVER)
  const { id } = await received(qemu)
  qemu.write(`{"error": {"class": "GenericError", "desc": "not now"}, "id": ${id}}\n`)
  await assert.rejects(executed, { code: 'monitor', message: /refused: not now/ })
})

for (const [what, text] of [
  ['text that is not JSON', 'hello\n'],
  ['JSON that is no message', '{"id": 1}\n'],
  ['a line without an end', 'x'.repeat(1024 * 1024)],
] as const) {
  test(`${what} ends the connection`, async () => {
    const { monitor, qemu } = connectedMonitor()
    const executed = monitor.execute('stop', NEVER)
    qemu.on('error', () => undefined)
    qemu.write(text)
    await assert.rejects(executed, { code: 'monitor', message: /was closed/ })
    await assert.rejects(monitor.execute('cont', NEVER), { code: 'monitor' })
  })
}

test('whoever waits is told when QEMU goes away', async () => {
  const { monitor, qemu } = connectedMonitor()
  const connected = monitor.connect(NEVER)
  qemu.end()
  await assert.rejects(connected, { code: 'monitor' })
})

test('nobody waits longer than the signal', async () => {
  const { monitor } = connectedMonitor()
  const reason = new Error('enough')
  await assert.rejects(monitor.execute('stop', AbortSignal.abort(reason)), reason)
})
