import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { LogHistory, LogRecord } from '@vulcan/schema'
import { LongLogStore, PAGES_MAX } from './support/long-log-store.ts'
import { allEvents, readEvents, type SentEvent } from './support/read-events.ts'
import { openServer, problemOf, textOf, viewOf } from './support/server-under-test.ts'

const DONE: SentEvent = { id: undefined, event: 'done', data: 'stream complete' }

const line = (id: number, data: string): SentEvent => ({ id: String(id), event: undefined, data })

async function recordsOf(response: Response): Promise<LogRecord[]> {
  const text = await response.text()
  assert.ok(text.endsWith('\n'))
  return text
    .split('\n')
    .slice(0, -1)
    .map((one) => LogRecord.parse(JSON.parse(one)))
}

test('two live readers and one after the end get the same lines, each once', async () => {
  await using api = await openServer()
  const { id, execution } = await api.begin()
  const live = await Promise.all([1, 2].map(() => api.fetch(`/v1/workloads/${id}/logs`)))
  assert.equal(live[0]?.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  const read = live.map(allEvents)
  await execution.write('one\ntw')
  await execution.write('err one\r\n', 'stderr')
  await execution.write('o\n\nünï')
  execution.exit()
  const expected = [
    line(0, 'one'),
    line(1, 'err one'),
    line(2, 'two'),
    line(3, ''),
    line(4, 'ünï'),
    DONE,
  ]
  const after = allEvents(await api.fetch(`/v1/workloads/${id}/logs`))
  for (const events of await Promise.all([...read, after])) assert.deepEqual(events, expected)
})

test('a reader that comes back goes on after what it got last', async () => {
  await using api = await openServer()
  const { id, execution } = await api.begin()
  await execution.write('0\n1\n2\n3\n')
  execution.exit()
  await api.fetch(`/v1/workloads/${id}?wait=60`)
  const again = await api.fetch(`/v1/workloads/${id}/logs?after=0`, {
    headers: { 'last-event-id': '2' },
  })
  assert.deepEqual(await allEvents(again), [line(3, '3'), DONE])
  const byQuery = await api.fetch(`/v1/workloads/${id}/logs?after=1`)
  assert.deepEqual(await allEvents(byQuery), [line(2, '2'), line(3, '3'), DONE])
  for (const [path, headers, field] of [
    ['logs', { 'last-event-id': 'x' }, 'Last-Event-ID'],
    ['logs?after=-1', {}, 'after'],
    ['logs?follow=yes', {}, 'follow'],
    ['logs?stream=stdin', {}, 'stream'],
  ] as const) {
    const response = await api.fetch(`/v1/workloads/${id}/${path}`, { headers })
    assert.equal((await problemOf(response)).field, field)
  }
})

test('one stream alone has the same ids as both', async () => {
  await using api = await openServer()
  const { id, execution } = await api.begin()
  await execution.write('a\n')
  await execution.write('b\n', 'stderr')
  await execution.write('c\n')
  execution.exit()
  const get = async (stream: string) =>
    allEvents(await api.fetch(`/v1/workloads/${id}/logs?stream=${stream}`))
  assert.deepEqual(await get('stdout'), [line(0, 'a'), line(2, 'c'), DONE])
  assert.deepEqual(await get('stderr'), [line(1, 'b'), DONE])
})

test('a reader that does not follow gets what is stored, and no line that may still grow', async () => {
  await using api = await openServer()
  const { id, execution } = await api.begin()
  await execution.write('one\ntwo')
  // Stored as soon as a follower has it.
  for await (const event of readEvents((await api.fetch(`/v1/workloads/${id}/logs`)).body)) {
    if (event !== 'comment') break
  }
  const response = await api.fetch(`/v1/workloads/${id}/logs?follow=0`)
  assert.deepEqual(await allEvents(response), [line(0, 'one'), DONE])
  const history = await api.fetch(`/v1/workloads/${id}/logs/history`)
  assert.deepEqual(
    LogHistory.parse(await history.json()).lines.map((one) => one.line),
    ['one'],
  )
})

test('the history has all lines, and is never without a list', async () => {
  await using api = await openServer()
  const { id, execution } = await api.begin()
  const empty = LogHistory.parse(await (await api.fetch(`/v1/workloads/${id}/logs/history`)).json())
  assert.deepEqual(empty, { workload_id: id, lines: [] })
  await execution.write('one\ntwo')
  execution.exit()
  await api.fetch(`/v1/workloads/${id}?wait=60`)
  const full = LogHistory.parse(await (await api.fetch(`/v1/workloads/${id}/logs/history`)).json())
  assert.deepEqual(
    full.lines.map(({ seq, line }) => [seq, line]),
    [
      [0, 'one'],
      [1, 'two'],
    ],
  )
})

test('records have phases and exact bytes, from any place, and the workload at the end', async () => {
  await using api = await openServer()
  const { id, execution } = await api.begin()
  const headers = { accept: 'application/x-ndjson' }
  const live = await api.fetch(`/v1/workloads/${id}/logs?follow=1`, { headers })
  assert.equal(live.headers.get('content-type'), 'application/x-ndjson; charset=utf-8')
  await execution.phase('running')
  await execution.write('a\n')
  await execution.write('\xff', 'stderr')
  execution.exit(7)
  const records = (await recordsOf(live)).filter(({ type }) => type !== 'heartbeat')
  const [phase, out, err, done] = records
  assert.ok(phase?.type === 'phase' && phase.phase === 'running' && phase.seq === 0)
  assert.ok(out?.type === 'output' && out.stream === 'stdout' && textOf(out.data) === 'a\n')
  assert.ok(err?.type === 'output' && err.stream === 'stderr' && textOf(err.data) === '\xff')
  assert.ok(done?.type === 'done' && done.workload.exit_code === 7 && done.workload.output === null)
  assert.equal(records.length, 4)
  const rest = await recordsOf(await api.fetch(`/v1/workloads/${id}/logs?after=1`, { headers }))
  assert.deepEqual(rest, [err, done])
  const only = await recordsOf(
    await api.fetch(`/v1/workloads/${id}/logs?stream=stdout`, { headers }),
  )
  assert.deepEqual(only, [out, done])
})

test('text is the bytes as they came; what is acceptable decides, and the rest is refused', async () => {
  await using api = await openServer()
  const { id, execution } = await api.begin()
  await execution.write('a\r\n')
  await execution.write('b', 'stderr')
  await execution.write('c')
  execution.exit()
  await api.fetch(`/v1/workloads/${id}?wait=60`)
  const get = (accept: string, query = '') =>
    api.fetch(`/v1/workloads/${id}/logs${query}`, { headers: { accept } })
  const text = await get('application/json;q=0.9, text/plain;q=0.5')
  assert.equal(text.headers.get('content-type'), 'text/plain; charset=utf-8')
  assert.equal(await text.text(), 'a\r\nbc')
  assert.equal(await (await get('text/plain', '?stream=stdout')).text(), 'a\r\nc')
  for (const [accept, type] of [
    ['*/*', 'text/event-stream'],
    ['text/*', 'text/event-stream'],
    ['text/event-stream;q=0, */*', 'application/x-ndjson'],
    ['application/*', 'application/x-ndjson'],
  ] as const) {
    const response = await get(accept, '?follow=0')
    assert.equal(response.headers.get('content-type'), `${type}; charset=utf-8`)
    await response.text()
  }
  const none = await get('image/png')
  assert.deepEqual([none.status, (await problemOf(none)).code], [406, 'not_acceptable'])
})

test('a silent stream says now and then that it is alive', async () => {
  await using api = await openServer({ limits: { heartbeatMs: 10 } })
  const { id, execution } = await api.begin()
  const response = await api.fetch(`/v1/workloads/${id}/logs`)
  let comments = 0
  const events: SentEvent[] = []
  for await (const event of readEvents(response.body)) {
    if (event !== 'comment') events.push(event)
    else if (++comments === 4) {
      await execution.write('at last\n')
      execution.exit()
    }
  }
  assert.deepEqual(events, [line(0, 'at last'), DONE])
})

for (const [what, stream, accept, query] of [
  ['a line that does not end', 'stdout', 'text/event-stream', ''],
  ['the other stream', 'stderr', 'application/x-ndjson', '?follow=1&stream=stdout'],
] as const) {
  test(`a stream says that it is alive while the program writes ${what}`, async () => {
    await using api = await openServer({ limits: { heartbeatMs: 150 } })
    const { id, execution } = await api.begin()
    const response = await api.fetch(`/v1/workloads/${id}/logs${query}`, { headers: { accept } })
    let isHeard = false
    const written = (async () => {
      // Recorded without a pause, for much longer than a heartbeat may take.
      for (let n = 0; n < 200_000 && !isHeard; n += 1) {
        await execution.write('x', stream)
        await turn()
      }
      execution.exit()
    })()
    let text = ''
    for await (const bytes of response.body!) {
      text += Buffer.from(bytes)
      isHeard = text.includes('heartbeat')
      if (isHeard) break
    }
    assert.ok(isHeard, text)
    await written
  })
}

test('while a long log is read for one who has it already, others are answered', async () => {
  await using store = new LongLogStore()
  await using api = await openServer({ engine: { store } })
  const { id } = await api.begin()
  const headers = { 'last-event-id': String(PAGES_MAX) }
  const log = api.fetch(`/v1/workloads/${id}/logs?follow=0`, { headers })
  await store.begun
  assert.equal((await api.fetch('/healthz')).status, 200)
  assert.ok(store.pages < PAGES_MAX)
  store.isEnough = true
  assert.deepEqual(await allEvents(await log), [DONE])
})

test('output is the exact bytes of one stream, then and while it comes', async () => {
  await using api = await openServer()
  const { id, execution } = await api.begin()
  const live = await api.fetch(`/v1/workloads/${id}/output?follow=1`).catch(assert.fail)
  await execution.write('a\0b')
  await execution.write('no', 'stderr')
  await execution.write('\r\n')
  execution.exit()
  assert.equal(await live.text(), 'a\0b\r\n')
  assert.equal(live.headers.get('content-type'), 'application/octet-stream')
  assert.equal(await (await api.fetch(`/v1/workloads/${id}/output?stream=stderr`)).text(), 'no')
  assert.equal(await (await api.fetch(`/v1/workloads/${id}/output`)).text(), 'a\0b\r\n')
})

test('much output is sent as it is read, cut at its limit, and is the same JSON', async () => {
  await using api = await openServer({ engine: { logLimitBytes: 64 * 1024 * 1024 } })
  const { id, execution } = await api.begin({
    ...{ runtime: 'python', code: '', output_limit_bytes: 1_000_001 },
  })
  const chunk = 'x'.repeat(100_000)
  for (let n = 0; n < 11; n += 1) {
    await execution.write(chunk)
    await execution.write('y'.repeat(33_333), 'stderr')
  }
  execution.end({ exitCode: 0, truncated: { stdout: true, stderr: false } })
  const view = await viewOf(await api.fetch(`/v1/workloads/${id}?wait=60`), 200)
  const out = 'x'.repeat(1_000_001)
  const err = 'y'.repeat(366_663)
  assert.deepEqual([textOf(view.stdout) === out, textOf(view.stderr) === err], [true, true])
  assert.equal(textOf(view.output) === out + err, true)
  assert.deepEqual(view.truncated, { stdout: true, stderr: false })
  assert.equal(view.exit_code, 0)
})
