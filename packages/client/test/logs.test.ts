import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogEvent, Vulcan } from '@vulcan/client'
import { hangUp, lines, problem, ScriptedServer } from './support/scripted-server.ts'
import { done, heartbeat, ID, output, phase } from './support/views.ts'

function textOf(event: LogEvent): string {
  if (event.type === 'output') return `${event.stream}: ${Buffer.from(event.bytes)}`
  return event.type === 'phase' ? event.phase : event.workload.status
}

async function read(client: Vulcan, options: Parameters<Vulcan['logs']>[1] = {}) {
  return (await Array.fromAsync(client.logs(ID, options))).map(textOf)
}

test('a log is read to the end of its workload, and heartbeats are no events', async () => {
  await using server = await ScriptedServer.open(
    lines(
      [phase(0, 'running'), heartbeat, output(1, 'a\n'), output(2, 'b', 'stderr'), done],
      'stay',
    ),
  )
  assert.deepEqual(await read(server.client()), [
    'running',
    'stdout: a\n',
    'stderr: b',
    'completed',
  ])
  assert.equal(server.seen[0]?.headers.accept, 'application/x-ndjson')
})

test('a log of one stream has the other events, too', async () => {
  await using server = await ScriptedServer.open(
    lines([phase(0, 'running'), output(1, 'a'), output(2, 'b', 'stderr'), done]),
  )
  const texts = await read(server.client(), { stream: 'stderr' })
  assert.deepEqual(texts, ['running', 'stderr: b', 'completed'])
})

test('a connection that is lost in the middle of a line is opened again, without gap or duplicate', async () => {
  await using server = await ScriptedServer.open(
    lines([output(0, 'a'), output(1, 'b')], 'cut'),
    hangUp,
    lines([output(1, 'b'), output(2, 'c')]),
    lines([output(3, 'd'), done]),
  )
  assert.deepEqual(await read(server.client()), [
    ...['stdout: a', 'stdout: b', 'stdout: c', 'stdout: d'],
    'completed',
  ])
  const path = `GET /v1/workloads/${ID}/logs?follow=1`
  assert.deepEqual(server.calls, [path, `${path}&after=1`, `${path}&after=1`, `${path}&after=2`])
})

test('a log that is not followed is complete with its last record, and else it is asked for again', async () => {
  await using server = await ScriptedServer.open(
    lines([output(0, 'a')]),
    lines([output(1, 'b'), done]),
  )
  const texts = await read(server.client(), { follow: false })
  assert.deepEqual(texts, ['stdout: a', 'stdout: b', 'completed'])
  const path = `GET /v1/workloads/${ID}/logs?follow=0`
  assert.deepEqual(server.calls, [path, `${path}&after=0`])
})

test('a server that is away is waited for as long as it says', async () => {
  await using server = await ScriptedServer.open(
    lines([output(0, 'a')], 'cut'),
    problem('shutdown', 503, { 'retry-after': '1' }),
    lines([output(1, 'b'), done]),
  )
  assert.deepEqual(await read(server.client()), ['stdout: a', 'stdout: b', 'completed'])
})

test('a server of which nothing is heard is given up', async () => {
  await using server = await ScriptedServer.open(lines([]))
  await assert.rejects(read(server.client({ retryMs: 500 })), { code: 'connection_lost' })
  assert.ok(server.seen.length >= 2)
})

test('a connection that is silent for longer than a heartbeat may take is opened again', async (t) => {
  await using server = await ScriptedServer.open(
    lines([output(0, 'a')], 'stay'),
    lines([output(1, 'b'), done]),
  )
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const events = server.client().logs(ID)
  assert.equal(textOf((await events.next()).value as LogEvent), 'stdout: a')
  const next = events.next()
  // The silence, and then the pause before another try.
  for (let turn = 0; turn < 4; turn += 1) {
    t.mock.timers.tick(45_001)
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.mock.timers.reset()
  assert.equal(textOf((await next).value as LogEvent), 'stdout: b')
  await events.return()
})

for (const [what, records] of [
  ['a line that is no record', [{ type: 'odd' }]],
  ['a gap', [output(0, 'a'), output(2, 'c')]],
  ['a line without an end', [{ type: 'output', data: 'A'.repeat(1_100_000) }]],
] as const) {
  test(`a log with ${what} is refused`, async () => {
    await using server = await ScriptedServer.open(lines(records, 'stay'))
    await assert.rejects(read(server.client()), { code: 'answer_invalid' })
  })
}

test('a log goes on from where its reader was', async () => {
  await using server = await ScriptedServer.open(lines([output(8, 'i'), done]))
  assert.deepEqual(await read(server.client(), { after: 7 }), ['stdout: i', 'completed'])
  assert.deepEqual(server.calls, [`GET /v1/workloads/${ID}/logs?follow=1&after=7`])
})

test('a reader that leaves, or is aborted, gives up the connection', async () => {
  const closed: Promise<void>[] = []
  await using server = await ScriptedServer.open((response, seen) => {
    closed.push(new Promise((resolve) => response.on('close', resolve)))
    lines([output(0, 'a')], 'stay')(response, seen)
  })
  for await (const event of server.client().logs(ID)) {
    assert.equal(textOf(event), 'stdout: a')
    break
  }
  await closed[0]
  const abort = new AbortController()
  const events = server.client().logs(ID, { signal: abort.signal })
  await events.next()
  const next = events.next()
  abort.abort(new Error('enough'))
  await assert.rejects(next, /enough/)
  await closed[1]
})

test('a workload that is unknown has no log', async () => {
  await using server = await ScriptedServer.open(problem('workload_unknown', 404))
  await assert.rejects(read(server.client()), { code: 'workload_unknown' })
})
