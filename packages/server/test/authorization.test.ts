import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { WorkloadList } from '@vulcan/schema'
import type { NewKey } from '@vulcan/server'
import { formatApiKey, newApiKey } from '../src/access/api-key.ts'
import { bearer, openKeyedServer } from './support/keyed-server.ts'
import { allPaths, METHODS } from './support/routes.ts'
import { PYTHON, problemOf, viewOf } from './support/server-under-test.ts'

/** What may be asked without a key: it says nothing of workloads. */
const PUBLIC = ['/healthz', '/openapi.json', '/readyz']
const NOBODYS = '01HZZZZZZZZZZZZZZZZZZZZZZZ'

type Scopes = NewKey['scopes']

interface Operation {
  readonly method: (typeof METHODS)[number]
  readonly path: string
}

/** A server with keys, a workload that runs, and every operation that its routes have. */
async function underTest(t: TestContext) {
  // All that is refused is counted; here that is to be too little to be slowed down.
  let nowMs = 0
  const clock = () => {
    nowMs += 60_000
    return nowMs
  }
  const { api, keys, keyFor } = await openKeyedServer(t, { nowMs: clock })
  const ask = ({ method, path }: Operation, key: string | undefined, id = NOBODYS) =>
    api.fetch(`${path.replace(':id', id)}?wait=0`, {
      method,
      headers: {
        ...(key === undefined ? {} : bearer(key)),
        ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
      },
      ...(method === 'POST' ? { body: JSON.stringify(PYTHON) } : {}),
    })
  const operations: Operation[] = []
  for (const path of await allPaths(api)) {
    for (const method of METHODS) {
      const { status } = await ask({ method, path }, undefined)
      if (status !== 405) operations.push({ method, path })
    }
  }
  assert.ok(operations.length >= 15)
  const guarded = operations.filter(({ path }) => !PUBLIC.includes(path))
  return { api, keys, keyFor, ask, operations, guarded }
}

/** What of a host an operation needs at least. */
function scopeOf({ method, path }: Operation): Scopes[number] {
  if (path === '/metrics') return 'admin'
  return method === 'GET' || method === 'HEAD' ? 'read' : 'run'
}

const name = ({ method, path }: Operation) => `${method} ${path}`

test('what is answered without a key is what is meant to be', async (t) => {
  const { ask, operations, guarded } = await underTest(t)
  const open = new Set(operations.filter((one) => !guarded.includes(one)).map(({ path }) => path))
  assert.deepEqual([...open].sort(), PUBLIC)
  for (const operation of operations) {
    const { status } = await ask(operation, undefined)
    assert.equal(status, guarded.includes(operation) ? 401 : 200, name(operation))
  }
})

test('the description says which operations need no key', async (t) => {
  const { api } = await underTest(t)
  const { paths, security } = (await (await api.fetch('/openapi.json')).json()) as {
    paths: Record<string, Record<string, { security?: unknown[] }>>
    security: unknown[]
  }
  assert.deepEqual(security, [{ key: [] }])
  for (const [path, methods] of Object.entries(paths)) {
    for (const described of Object.values(methods)) {
      assert.deepEqual(described.security, PUBLIC.includes(path) ? [] : undefined, path)
    }
  }
})

test('every guarded operation refuses no key, a wrong, a revoked and an expired one', async (t) => {
  const { keys, keyFor, ask, guarded } = await underTest(t)
  const right = keyFor('admin')
  const revoked = keyFor('admin')
  keys.revoke(revoked)
  const expired = keys.create({ scopes: ['admin'], expiresAtMs: Date.now() }).secretKey
  const [, id = ''] = right.split('_')
  const wrong = formatApiKey({ ...newApiKey(), id })
  for (const operation of guarded) {
    for (const key of [undefined, 'garbage', formatApiKey(newApiKey()), wrong, revoked, expired]) {
      const response = await ask(operation, key)
      assert.equal(response.status, 401, `${name(operation)} with ${key}`)
      const challenge = response.headers.get('www-authenticate') ?? ''
      assert.equal(challenge.includes('error="invalid_token"'), key !== undefined)
      if (operation.method !== 'HEAD') {
        assert.equal((await problemOf(response)).code, 'unauthorized')
      }
    }
  }
})

test('every guarded operation is permitted by its scope and by admin, and refused by less', async (t) => {
  const { api, keyFor, ask, guarded } = await underTest(t)
  // Who may run may read what is one's own.
  const enough = {
    read: ['read', 'run', 'admin'],
    run: ['run', 'admin'],
    admin: ['admin'],
  } as const
  const keyOf = { read: keyFor('read'), run: keyFor('run'), admin: keyFor('admin') }
  for (const operation of guarded) {
    for (const scope of ['read', 'run', 'admin'] as const) {
      const { total } = await api.engine.list({ limit: 1 })
      const response = await ask(operation, keyOf[scope])
      const isEnough = (enough[scopeOf(operation)] as readonly string[]).includes(scope)
      const what = `${name(operation)} with ${scope}: ${response.status}`
      assert.equal(![401, 403].includes(response.status), isEnough, what)
      assert.ok(response.status < 500, what)
      if (isEnough) continue
      if (operation.method !== 'HEAD') assert.equal((await problemOf(response)).code, 'forbidden')
      assert.equal((await api.engine.list({ limit: 1 })).total, total)
    }
  }
})

test("another's workload is as unknown as none, by every operation, and goes on", async (t) => {
  const { api, keyFor, ask, guarded } = await underTest(t)
  const owner = keyFor('run', 'read')
  const { id } = await viewOf(await api.post('/v1/workloads/async', PYTHON, bearer(owner)), 202)
  const execution = await api.backend.execution(id)
  const other = keyFor('run', 'read')
  const ofOne = guarded.filter(({ path }) => path.includes(':id'))
  assert.ok(ofOne.length >= 5)
  for (const operation of ofOne) {
    const response = await ask(operation, other, id)
    assert.equal(response.status, 404, name(operation))
    if (operation.method === 'HEAD') continue
    const theirs = await problemOf(response)
    const none = await problemOf(await ask(operation, other, NOBODYS))
    assert.equal(theirs.code, 'workload_unknown')
    assert.equal(theirs.detail.replace(id, NOBODYS), none.detail)
  }
  const as = (key: string) => ({ headers: bearer(key) })
  const listedBy = async (key: string) =>
    WorkloadList.parse(await (await api.fetch('/v1/workloads', as(key))).json())
  const countedBy = async (key: string) =>
    ((await (await api.fetch('/v1/stats', as(key))).json()) as { total: number }).total
  for (const [key, sees] of [
    [other, []],
    [owner, [id]],
    [keyFor('admin'), [id]],
  ] as const) {
    const { workloads, total } = await listedBy(key)
    assert.deepEqual(
      workloads.map((workload) => workload.id),
      sees,
    )
    assert.deepEqual([total, await countedBy(key)], [sees.length, sees.length])
  }
  execution.exit(7)
  const ended = await api.engine.wait(id, AbortSignal.timeout(10_000))
  assert.equal(ended.end?.reason, 'exited')
})

for (const path of ['logs', 'output?follow=1']) {
  test(`whoever follows ${path} with a key that is revoked is cut off`, async (t) => {
    const { api, keys, keyFor } = await openKeyedServer(t, { limits: { heartbeatMs: 20 } })
    const key = keyFor('run', 'read')
    const { id } = await viewOf(await api.post('/v1/workloads/async', PYTHON, bearer(key)), 202)
    const execution = await api.backend.execution(id)
    const followed = await api.fetch(`/v1/workloads/${id}/${path}`, { headers: bearer(key) })
    const reader = followed.body!.getReader()
    await execution.write('so far\n')
    let text = ''
    while (!text.includes('so far')) text += Buffer.from((await reader.read()).value!)
    keys.revoke(key)
    await assert.rejects(async () => {
      while (!(await reader.read()).done);
    }, /terminated/)
  })
}
