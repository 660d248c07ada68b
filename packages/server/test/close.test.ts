import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { RawSocket } from './support/raw-socket.ts'
import { readEvents } from './support/read-events.ts'
import { openServer, PYTHON, viewOf } from './support/server-under-test.ts'

test('a server that closes ends what follows logs, and answers whoever waits with what there is', async () => {
  await using api = await openServer()
  const { id, execution } = await api.begin()
  const sse = await api.fetch(`/v1/workloads/${id}/logs`)
  const poll = api.fetch(`/v1/workloads/${id}?wait=600`)
  const sync = api.post('/v1/workloads', PYTHON)
  const second = await api.backend.nth(1)
  await execution.write('one\n')
  const events = readEvents(sse.body)
  assert.ok((await events.next()).value !== undefined)
  await api.server[Symbol.asyncDispose]()
  const rest = await Array.fromAsync(events)
  assert.ok(rest.every((event) => event === 'comment' || event.event !== 'done'))
  assert.equal((await viewOf(await poll, 200)).status, 'running')
  assert.equal((await viewOf(await sync, 201)).id, second.spec.id)
  // What runs is the engine's to end.
  assert.equal(second.options.signal.aborted, false)
  await assert.rejects(fetch(`${api.url}/healthz`))
})

for (const [path, accept] of [
  ['output?follow=1', '*/*'],
  ['logs?follow=1', 'text/plain'],
]) {
  test(`a server that closes cuts what would look whole without its end: ${path} as ${accept}`, async () => {
    await using api = await openServer()
    const { id, execution } = await api.begin()
    const answer = await api.fetch(`/v1/workloads/${id}/${path}`, { headers: { accept } })
    const reader = answer.body!.getReader()
    await execution.write('half of it')
    assert.equal(Buffer.from((await reader.read()).value!).toString(), 'half of it')
    await api.server[Symbol.asyncDispose]()
    await assert.rejects(reader.read(), /terminated/)
    assert.equal(api.log.filter((line) => line.includes('answer cut')).length, 0)
  })
}

test('connections that wait for a request do not keep a server open', async () => {
  await using api = await openServer({ limits: { closeMs: 60_000 } })
  using idle = new RawSocket(api.port)
  idle.send('GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n')
  await idle.received('"ok"')
  await api.server[Symbol.asyncDispose]()
  await idle.closed
})

test('what does not end by itself is cut when the time is up', async () => {
  await using api = await openServer({ limits: { closeMs: 50 } })
  using half = new RawSocket(api.port)
  half.send('GET /healthz HTTP/1.1\r\nHost: here\r\n\r\nPOST /v1/workloads HTTP/1.1\r\nHost: h')
  await half.received('"ok"')
  await api.server[Symbol.asyncDispose]()
  await half.closed
})

test('a request that comes while others are still being answered is told that the host shuts down', async () => {
  await using api = await openServer({ limits: { closeMs: 60_000 } })
  // A backend that does not heed lets a kill wait, and with it the server's end.
  api.backend.heedsAborts = false
  const { id, execution } = await api.begin()
  using late = new RawSocket(api.port)
  late.send('GET /healthz HTTP/1.1\r\nHost: here\r\n\r\nGET /healthz HTTP/1.1\r\nHost: he')
  await late.received('"ok"')
  const killed = api.fetch(`/v1/workloads/${id}`, { method: 'DELETE' })
  await once(execution.options.signal, 'abort')
  const closed = api.server[Symbol.asyncDispose]()
  late.send('re\r\n\r\n')
  const refusal = (await late.closed).split('HTTP/1.1 ')[2]
  assert.match(refusal ?? '', /^503 /)
  assert.match(refusal ?? '', /"code":"shutdown"/)
  assert.match(refusal ?? '', /connection: close\r\n/)
  execution.end({ outcome: 'killed' })
  assert.equal((await viewOf(await killed, 200)).status, 'killed')
  await closed
})
