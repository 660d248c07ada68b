import assert from 'node:assert/strict'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { json, problem, ScriptedServer } from './support/scripted-server.ts'
import { anEndedView, aView, ID } from './support/views.ts'

function page(ids: readonly number[], nextCursor: string | null) {
  const workloads = ids.map((at) => aView({ id: ID.replace(/..$/, String(at).padStart(2, '0')) }))
  return json({ workloads, total: 5, limit: 100, offset: 0, next_cursor: nextCursor })
}

test('a list goes over its pages, one after the other as they are needed', async () => {
  await using server = await ScriptedServer.open(
    page([1, 2], 'a'),
    page([3, 4], 'b'),
    page([5], null),
  )
  const found: string[] = []
  for await (const { id } of server.client().list()) {
    found.push(id.slice(-2))
    if (found.length === 2) assert.equal(server.seen.length, 1)
  }
  assert.deepEqual(found, ['01', '02', '03', '04', '05'])
  assert.deepEqual(server.calls, [
    'GET /v1/workloads?limit=100',
    'GET /v1/workloads?limit=100&cursor=a',
    'GET /v1/workloads?limit=100&cursor=b',
  ])
})

test('a list has no more than it is asked for, of what it is asked for', async () => {
  await using server = await ScriptedServer.open(page([1, 2], 'a'), page([3, 4], 'b'))
  const since = new Date('2026-01-02T00:00:00Z')
  const options = { status: 'running', runtime: 'go', since, limit: 3 } as const
  assert.equal((await Array.fromAsync(server.client().list(options))).length, 3)
  const filter = 'status=running&runtime=go&since=2026-01-02T00%3A00%3A00.000Z'
  assert.deepEqual(server.calls, [
    `GET /v1/workloads?${filter}&limit=3`,
    `GET /v1/workloads?${filter}&limit=1&cursor=a`,
  ])
})

test('pages that do not come to an end are refused', async () => {
  for (const endless of [page([1], 'a'), page([], 'b')]) {
    await using server = await ScriptedServer.open(endless)
    await assert.rejects(Array.fromAsync(server.client().list()), { code: 'answer_invalid' })
  }
})

test('waiting is asking until the workload has ended', async () => {
  await using server = await ScriptedServer.open(json(aView()), json(anEndedView()))
  const workload = await server.client().wait(ID)
  assert.equal(Buffer.from(workload.stdout!).toString(), 'out\n')
  const path = `GET /v1/workloads/${ID}?wait=30`
  assert.deepEqual(server.calls, [path, path])
})

test('output is the exact bytes, and a reader that leaves gives up the connection', async () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, at) => at)
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  await using server = await ScriptedServer.open(
    (response) => response.end(bytes),
    (response) => {
      response.on('close', resolve)
      response.write(bytes)
    },
    problem('workload_unknown', 404),
  )
  const client = server.client()
  assert.deepEqual(new Uint8Array(await buffer(await client.output(ID, 'stderr'))), bytes)
  const reader = (await client.output(ID, 'stdout')).getReader()
  assert.deepEqual((await reader.read()).value, bytes)
  await reader.cancel()
  await closed
  await assert.rejects(client.output(ID, 'stdout'), { code: 'workload_unknown' })
  assert.deepEqual(server.calls.slice(0, 2), [
    `GET /v1/workloads/${ID}/output?stream=stderr`,
    `GET /v1/workloads/${ID}/output?stream=stdout`,
  ])
})

test('statistics and backends come in camel case', async () => {
  const byStatus = { pending: 0, running: 1, completed: 2, failed: 0, killed: 0 }
  const byIsolation = { auto: 3, microvm: 0 }
  await using server = await ScriptedServer.open(
    json({ total: 3, by_status: byStatus, by_isolation: byIsolation, avg_duration_ms: 7.5 }),
    json([
      {
        name: 'firecracker',
        capabilities: {
          ...{ name: 'firecracker', supported_runtimes: ['go'], supported_isolations: ['microvm'] },
          ...{ max_concurrency: 10, isolation_strength: 'hardware' },
        },
      },
    ]),
  )
  const client = server.client()
  assert.deepEqual(await client.stats(), { total: 3, byStatus, byIsolation, avgDurationMs: 7.5 })
  assert.deepEqual(await client.backends(), [
    {
      ...{ name: 'firecracker', supportedRuntimes: ['go'], supportedIsolations: ['microvm'] },
      ...{ maxConcurrency: 10, isolationStrength: 'hardware' },
    },
  ])
})
