import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { test } from 'node:test'
import { BackendView, Readiness, Stats } from '@vulcan/schema'
import * as z from 'zod'
import { openServer, PYTHON, viewOf } from './support/server-under-test.ts'

test('backends say what they can', async () => {
  await using api = await openServer()
  const backends = await (await api.fetch('/v1/backends')).json()
  assert.deepEqual(z.array(BackendView).parse(backends), [
    {
      name: 'fake',
      capabilities: {
        name: 'fake',
        supported_runtimes: ['node', 'python'],
        supported_isolations: ['microvm'],
        max_concurrency: 10,
        isolation_strength: 'emulated',
      },
    },
  ])
})

test('stats count workloads by status and by isolation', async () => {
  await using api = await openServer()
  const statsNow = async () => Stats.parse(await (await api.fetch('/v1/stats')).json())
  assert.equal((await statsNow()).avg_duration_ms, null)
  const { id, execution } = await api.begin()
  await api.begin({ ...PYTHON, isolation: 'microvm' })
  execution.exit()
  await api.fetch(`/v1/workloads/${id}?wait=60`)
  const stats = await statsNow()
  assert.equal(stats.total, 2)
  assert.deepEqual([stats.by_status.completed, stats.by_status.running], [1, 1])
  assert.deepEqual(stats.by_isolation, { auto: 1, microvm: 1 })
  assert.equal(typeof stats.avg_duration_ms, 'number')
})

test('health is the process, and readiness is whether workloads can run', async () => {
  const state: Readiness = {
    status: 'ready',
    isolation_strength: 'hardware',
    reason: '',
    waiting: 1,
    running: 2,
  }
  await using api = await openServer({ readiness: () => state })
  assert.deepEqual(await (await api.fetch('/healthz')).json(), { status: 'ok' })
  const ready = await api.fetch('/readyz')
  assert.deepEqual([ready.status, Readiness.parse(await ready.json())], [200, state])
  Object.assign(state, { status: 'not_ready', reason: 'the disk is full' })
  const not = await api.fetch('/readyz')
  assert.deepEqual([not.status, Readiness.parse(await not.json())], [503, state])
  assert.equal((await api.fetch('/healthz')).status, 200)
})

test('metrics are what the host gives, and each request is told to it by its template', async () => {
  await using api = await openServer()
  const metrics = await api.fetch('/metrics')
  assert.equal(metrics.headers.get('content-type'), 'text/plain; version=0.0.4')
  assert.equal(await metrics.text(), 'up 1\n')
  await api.fetch('/v1/workloads/01ARZ3NDEKTSV4RRFFQ69G5FAV/logs?stream=stdout')
  await api.fetch('/no/such/thing')
  const told = api.answered.map(({ method, route, status }) => `${method} ${route} ${status}`)
  assert.deepEqual(told, ['GET /metrics 200', 'GET /v1/workloads/{id}/logs 404', 'GET unknown 404'])
  for (const { durationMs } of api.answered) assert.ok(durationMs > 0)
})

test('what a request does is done inside its trace, which ends with it', async () => {
  const current = new AsyncLocalStorage<string>()
  const ended: string[] = []
  const seen: (string | undefined)[] = []
  await using api = await openServer({
    traceRequest: ({ id, method, headers }) => ({
      run: (proceed) => current.run(`${method} ${headers['traceparent']} ${id}`, proceed),
      end: ({ route, status }) => void ended.push(`${route} ${status}`),
    }),
    engine: {
      watcher: {
        accepted: () => void seen.push(current.getStore()),
        started: () => undefined,
        phase: () => undefined,
        output: () => undefined,
        ended: () => undefined,
        released: () => undefined,
      },
    },
  })
  const answered = api.nextAnswered()
  const response = await api.post('/v1/workloads/async', PYTHON, {
    traceparent: 'a-b-c',
    'x-request-id': 'the-id',
  })
  await viewOf(response, 202)
  await answered
  assert.deepEqual(seen, ['POST a-b-c the-id'])
  assert.deepEqual(ended, ['/v1/workloads/async 202'])
})
