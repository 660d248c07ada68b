import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bearer, openKeyedServer } from './support/keyed-server.ts'
import { PYTHON, problemOf, viewOf } from './support/server-under-test.ts'

const ASYNC = '/v1/workloads/async'

test('over its rate a key is told when to come again', async (t) => {
  const { api, keys } = await openKeyedServer(t, { nowMs: () => 0 })
  const { secretKey } = keys.create({ scopes: ['run'], quota: { ratePerMinute: 2 } })
  for (const status of [202, 202]) {
    await viewOf(await api.post(ASYNC, PYTHON, bearer(secretKey)), status)
  }
  const refused = await api.post(ASYNC, PYTHON, bearer(secretKey))
  assert.equal(refused.headers.get('retry-after'), '30')
  assert.equal((await problemOf(refused)).code, 'quota_exceeded')
  assert.equal((await api.engine.list({ limit: 1 })).total, 2)
})

test('a request that is repeated with its key is none of those that its rate counts', async (t) => {
  const { api, keys } = await openKeyedServer(t, { nowMs: () => 0 })
  const { secretKey } = keys.create({ scopes: ['run'], quota: { ratePerMinute: 1 } })
  const headers = { ...bearer(secretKey), 'idempotency-key': 'order-1' }
  const { id } = await viewOf(await api.post(ASYNC, PYTHON, headers), 202)
  for (const _time of [2, 3]) {
    assert.equal((await viewOf(await api.post(ASYNC, PYTHON, headers), 202)).id, id)
  }
  const another = await api.post(ASYNC, PYTHON, { ...headers, 'idempotency-key': 'order-2' })
  assert.equal((await problemOf(another)).code, 'quota_exceeded')
})

test("what a workload asks for is within its key's quota, and what it does not say, too", async (t) => {
  const { api, keys } = await openKeyedServer(t)
  const quota = { maxCpus: 2, maxMemMib: 256, maxNetwork: 'none' } as const
  const { secretKey } = keys.create({ scopes: ['run'], quota })
  for (const [body, field] of [
    [{ resources: { cpus: 3, mem_mb: 128 } }, 'resources.cpus'],
    [{ resources: { mem_mb: 257 } }, 'resources.mem_mb'],
    [{ network: 'public', resources: { mem_mb: 128 } }, 'network'],
    // The host's default is 512 MiB.
    [{}, 'resources.mem_mb'],
  ] as const) {
    const refused = await api.post(ASYNC, { ...PYTHON, ...body }, bearer(secretKey))
    const problem = await problemOf(refused)
    assert.deepEqual([problem.code, problem.field], ['forbidden', field])
  }
  assert.equal((await api.engine.list({ limit: 1 })).total, 0)
  const within = { ...PYTHON, network: 'none', resources: { cpus: 2, mem_mb: 256 } }
  await viewOf(await api.post(ASYNC, within, bearer(secretKey)), 202)
})

test('of a key as many run at once as it may, and the rest waits', async (t) => {
  const { api, keys, keyFor } = await openKeyedServer(t)
  const { secretKey } = keys.create({ scopes: ['run'], quota: { maxConcurrent: 1 } })
  const submit = async (key: string) =>
    (await viewOf(await api.post(ASYNC, PYTHON, bearer(key)), 202)).id
  const [first, second] = [await submit(secretKey), await submit(secretKey)]
  const running = await api.backend.execution(first)
  // Whoever comes later and runs shows that there was room.
  await api.backend.execution(await submit(keyFor('run')))
  assert.equal((await api.engine.get(second)).status, 'pending')
  running.exit()
  await api.backend.execution(second)
})
