import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CountingStore, EVENT_PAGE_BYTES_MAX } from './support/counting-store.ts'
import { RawSocket } from './support/raw-socket.ts'
import { readEvents } from './support/read-events.ts'
import { openServer, problemOf, viewOf, WITH_KEYS } from './support/server-under-test.ts'

const HEALTH = 'GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n'
const MIB = 1024 * 1024

test('connections over the limit are told so, and have room when others have gone', async () => {
  await using api = await openServer({ limits: { connections: 2 } })
  using first = new RawSocket(api.port)
  using second = new RawSocket(api.port)
  for (const raw of [first, second]) {
    raw.send(HEALTH)
    assert.match(await raw.received('"ok"'), /^HTTP\/1\.1 200 /)
  }
  using third = new RawSocket(api.port)
  third.send(HEALTH)
  const refusal = await third.closed
  assert.match(refusal, /^HTTP\/1\.1 503 /)
  assert.match(refusal, /retry-after: \d+\r\n/)
  assert.match(refusal, /"code":"no_capacity"/)
  // Those that were there first notice nothing; a connection that has ended makes room.
  first.send('GET /healthz HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n')
  await first.closed
  using fourth = new RawSocket(api.port)
  fourth.send(HEALTH)
  assert.match(await fourth.received('"ok"'), /^HTTP\/1\.1 200 /)
})

test('readers of one key that follow logs are limited, and each that leaves makes room', async () => {
  await using api = await openServer({
    authenticator: WITH_KEYS,
    limits: { logReadersPerKey: 2, heartbeatMs: 5 },
  })
  const as = (owner: string) => ({ authorization: `Bearer ${owner} run admin` })
  const body = { runtime: 'python', code: '' }
  const { id } = await viewOf(await api.post('/v1/workloads/async', body, as('one')), 202)
  const follow = (owner: string, accept = 'text/event-stream', signal?: AbortSignal) =>
    fetch(`${api.url}/v1/workloads/${id}/logs?follow=1`, {
      headers: { ...as(owner), accept },
      signal: signal ?? null,
    })
  const leave = new AbortController()
  const first = await follow('one', 'text/event-stream', leave.signal)
  const second = await follow('one', 'application/x-ndjson')
  assert.deepEqual([first.status, second.status], [200, 200])
  const third = await follow('one')
  assert.equal((await problemOf(third)).code, 'quota_exceeded')
  assert.equal(third.status, 429)
  assert.equal((await follow('two')).status, 200)
  const history = await api.fetch(`/v1/workloads/${id}/logs?follow=0`, { headers: as('one') })
  assert.equal(history.status, 200)
  const left = api.nextAnswered()
  leave.abort()
  await left
  assert.equal((await follow('one')).status, 200)
})

for (const accept of ['text/event-stream', 'application/x-ndjson', 'text/plain']) {
  test(`a reader that takes nothing costs no memory and is cut: ${accept}`, async (t) => {
    const store = new CountingStore()
    await using api = await openServer({
      limits: { stalledReaderMs: 300 },
      engine: { store, logLimitBytes: 64 * MIB },
    })
    const released = Promise.withResolvers<void>()
    const events = api.engine.events.bind(api.engine)
    t.mock.method(api.engine, 'events', async function* (...args: Parameters<typeof events>) {
      try {
        yield* events(...args)
      } finally {
        released.resolve()
      }
    })
    const { id, execution } = await api.begin({
      ...{ runtime: 'python', code: '', output_limit_bytes: 16 * MIB },
    })
    const chunk = `${'x'.repeat(63)}\n`.repeat(1024)
    for (let n = 0; n < 16 * 16; n += 1) {
      await execution.write(chunk)
      await execution.write(chunk, 'stderr')
    }
    const cut = api.nextAnswered()
    using raw = new RawSocket(api.port)
    raw.socket.pause()
    raw.send(
      `GET /v1/workloads/${id}/logs?follow=1 HTTP/1.1\r\nHost: a\r\nAccept: ${accept}\r\n\r\n`,
    )
    assert.equal((await cut).route, '/v1/workloads/{id}/logs')
    // What the kernel's buffers of both ends held, and a page or two; 32 MiB were there to be read.
    assert.ok(store.eventBytes < 16 * MIB, `${store.eventBytes} bytes were read from the store`)
    assert.ok(store.eventBytes >= EVENT_PAGE_BYTES_MAX)
    await released.promise
  })
}

test('a reader that takes what comes, however slowly, and one to whom nothing comes, are not cut', async () => {
  await using api = await openServer({ limits: { stalledReaderMs: 300, keepAliveMs: 1200 } })
  const { id, execution } = await api.begin()
  const poll = api.fetch(`/v1/workloads/${id}?wait=60`)
  const logs = await api.fetch(`/v1/workloads/${id}/logs`)
  // That takes several times as long as a stalled reader may.
  using idle = new RawSocket(api.port)
  idle.send(HEALTH)
  await idle.closed
  await execution.write('still here\n')
  execution.exit()
  const events = await Array.fromAsync(readEvents(logs.body))
  assert.ok(events.some((event) => event !== 'comment' && event.data === 'still here'))
  assert.equal((await viewOf(await poll, 200)).status, 'completed')
})

test('a connection without a request is closed after its time', async () => {
  await using api = await openServer({ limits: { keepAliveMs: 50 } })
  using raw = new RawSocket(api.port)
  raw.send(HEALTH)
  assert.match(await raw.closed, /^HTTP\/1\.1 200 /)
})
