import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { SqliteStore } from '@vulcan/engine'
import { openServer, PYTHON, problemOf, viewOf, WITH_KEYS } from './support/server-under-test.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

const KEY = { 'idempotency-key': 'order-1' }

test('a repeated request is answered with the workload that the first one began', async () => {
  await using api = await openServer()
  const body = { ...PYTHON, env: { A: '1', B: '2' }, resources: { cpus: 1, mem_mb: 256 } }
  const first = await viewOf(await api.post('/v1/workloads/async', body, KEY), 202)
  // The same request: order of members, spaces and defaults do not count.
  const same = {
    resources: { mem_mb: 256, cpus: 1, timeout_s: 30 },
    env: { B: '2', A: '1' },
    ...PYTHON,
  }
  const second = await api.post('/v1/workloads/async', same, KEY)
  assert.equal((await viewOf(second, 202)).id, first.id)
  const execution = await api.backend.execution(first.id)
  execution.exit(4)
  const synchronous = await viewOf(await api.post('/v1/workloads', body, KEY), 201)
  assert.deepEqual([synchronous.id, synchronous.exit_code], [first.id, 4])
  assert.equal((await api.engine.stats()).total, 1)
})

test('a key that was used for another request is refused, and nothing is stored', async () => {
  await using api = await openServer()
  await viewOf(await api.post('/v1/workloads/async', PYTHON, KEY), 202)
  for (const other of [
    { ...PYTHON, code: 'print(2)' },
    { ...PYTHON, args: [''] },
    { ...PYTHON, input: null },
  ]) {
    const response = await api.post('/v1/workloads/async', other, KEY)
    assert.equal((await problemOf(response)).code, 'idempotency_mismatch')
    assert.equal(response.status, 422)
  }
  assert.equal((await api.engine.stats()).total, 1)
})

test('while the first request is being answered, the same is a conflict, and another a mismatch', async () => {
  await using api = await openServer()
  const first = api.post('/v1/workloads', PYTHON, KEY)
  const execution = await api.backend.nth(0)
  const again = await api.post('/v1/workloads', PYTHON, KEY)
  assert.equal((await problemOf(again)).code, 'idempotency_in_use')
  assert.equal(again.status, 409)
  assert.ok(Number(again.headers.get('retry-after')) > 0)
  const other = await api.post('/v1/workloads', { ...PYTHON, code: '' }, KEY)
  assert.equal((await problemOf(other)).code, 'idempotency_mismatch')
  execution.exit()
  const { id } = await viewOf(await first, 201)
  assert.equal((await viewOf(await api.post('/v1/workloads', PYTHON, KEY), 201)).id, id)
})

test('of many equal requests at once one begins a workload', async () => {
  await using api = await openServer()
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => api.post('/v1/workloads/async', PYTHON, KEY)),
  )
  for (const answer of answers) assert.ok([202, 409].includes(answer.status), String(answer.status))
  assert.ok(answers.some(({ status }) => status === 202))
  assert.equal((await api.engine.stats()).total, 1)
})

test("a key is its caller's own", async () => {
  await using api = await openServer({ authenticator: WITH_KEYS })
  const ids = await Promise.all(
    ['one', 'two'].map(async (owner) => {
      const headers = { ...KEY, authorization: `Bearer ${owner} run` }
      return (await viewOf(await api.post('/v1/workloads/async', PYTHON, headers), 202)).id
    }),
  )
  assert.notEqual(ids[0], ids[1])
})

test('a key that is too long, empty or has spaces is refused', async () => {
  await using api = await openServer()
  for (const key of ['x'.repeat(256), 'a b', 'a,\tb']) {
    const response = await api.post('/v1/workloads', PYTHON, { 'idempotency-key': key })
    const problem = await problemOf(response)
    assert.deepEqual([problem.code, problem.field], ['invalid_request', 'Idempotency-Key'])
  }
  const most = { 'idempotency-key': 'x'.repeat(255) }
  await viewOf(await api.post('/v1/workloads/async', PYTHON, most), 202)
})

test('a key is kept when the server ends and another takes its place', async (t) => {
  const path = join(await temporaryDirectory(t), 'vulcan.db')
  const submit = async () => {
    await using store = await SqliteStore.open(path)
    await using api = await openServer({ engine: { store } })
    const { id } = await viewOf(await api.post('/v1/workloads/async', PYTHON, KEY), 202)
    const other = await api.post('/v1/workloads/async', { ...PYTHON, code: '' }, KEY)
    assert.equal((await problemOf(other)).code, 'idempotency_mismatch')
    return id
  }
  assert.equal(await submit(), await submit())
})
