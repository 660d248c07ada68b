import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WorkloadList } from '@vulcan/schema'
import { HttpProblem } from '@vulcan/server'
import { openServer, PYTHON, problemOf, viewOf, WITH_KEYS } from './support/server-under-test.ts'

const as = (...words: string[]) => ({ authorization: `Bearer ${words.join(' ')}` })

/** Every route that needs a key, and the scopes that it is open to. */
const ROUTES = [
  ['POST', '/v1/workloads', ['run', 'admin']],
  ['POST', '/v1/workloads/async', ['run', 'admin']],
  ['GET', '/v1/workloads', ['run', 'read', 'admin']],
  ['GET', '/v1/workloads/{id}', ['run', 'read', 'admin']],
  ['GET', '/v1/workloads/{id}/logs', ['run', 'read', 'admin']],
  ['GET', '/v1/workloads/{id}/logs/history', ['run', 'read', 'admin']],
  ['GET', '/v1/workloads/{id}/output', ['run', 'read', 'admin']],
  ['DELETE', '/v1/workloads/{id}', ['run', 'admin']],
  ['GET', '/v1/backends', ['run', 'read', 'admin']],
  ['GET', '/v1/stats', ['run', 'read', 'admin']],
  ['GET', '/metrics', ['admin']],
] as const

const OPEN = ['/healthz', '/readyz', '/openapi.json']

test('every route but the open ones needs a key, and one that permits it', async () => {
  await using api = await openServer({ authenticator: WITH_KEYS })
  for (const [method, path, scopes] of ROUTES) {
    const without = await api.fetch(path, { method })
    assert.equal((await problemOf(without)).code, 'unauthorized', path)
    assert.equal(without.status, 401)
    assert.equal(without.headers.get('www-authenticate'), 'Bearer')
    for (const scope of ['run', 'read', 'admin'] as const) {
      const response = await api.fetch(path, { method, headers: as('one', scope) })
      await response.text()
      const permitted = (scopes as readonly string[]).includes(scope)
      assert.equal(response.status !== 403, permitted, `${method} ${path} ${scope}`)
      assert.notEqual(response.status, 401)
    }
    assert.equal((await api.fetch(path, { method, headers: as('one') })).status, 403)
  }
  for (const path of OPEN) assert.equal((await api.fetch(path)).status, 200)
})

test('the routes of the description are those that are tested, and no other', async () => {
  await using api = await openServer({ authenticator: WITH_KEYS })
  const { paths } = (await (await api.fetch('/openapi.json')).json()) as {
    paths: Record<string, Record<string, { security?: unknown[] }>>
  }
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security }]) => ({
      route: `${method.toUpperCase()} ${path}`,
      isOpen: security?.length === 0,
    })),
  )
  const closed = described.filter(({ isOpen }) => !isOpen).map(({ route }) => route)
  assert.deepEqual(closed.sort(), ROUTES.map(([method, path]) => `${method} ${path}`).sort())
  const open = described.filter(({ isOpen }) => isOpen).map(({ route }) => route)
  assert.deepEqual(open.sort(), ['GET /healthz', 'GET /readyz'])
})

test('a caller is found out before the body is read', async () => {
  await using api = await openServer({ authenticator: WITH_KEYS })
  const headers = { 'content-type': 'application/json' }
  for (const body of ['{', '{}', 'x'.repeat(15_000_001)]) {
    const response = await api.fetch('/v1/workloads', { method: 'POST', headers, body })
    assert.equal((await problemOf(response)).code, 'unauthorized')
  }
})

test("another's workload is as unknown as none, and admin sees all", async () => {
  await using api = await openServer({ authenticator: WITH_KEYS })
  const mine = await viewOf(await api.post('/v1/workloads/async', PYTHON, as('one', 'run')), 202)
  await viewOf(await api.post('/v1/workloads/async', PYTHON, as('two', 'run')), 202)
  const paths = ROUTES.filter(([, path]) => path.includes('{id}'))
  for (const [method, path] of paths) {
    const get = async (id: string, headers: Record<string, string>) => {
      const response = await api.fetch(path.replace('{id}', id), { method, headers })
      const { requestId: _, ...problem } = await problemOf(response)
      return JSON.stringify(problem).replaceAll(id, 'ID')
    }
    const others = await get(mine.id, as('two', 'run', 'read'))
    assert.match(others, /"workload_unknown"/)
    assert.equal(others, await get('01ARZ3NDEKTSV4RRFFQ69G5FAV', as('two', 'run', 'read')))
  }
  const totals = async (...words: string[]) => {
    const list = await api.fetch('/v1/workloads', { headers: as(...words) })
    const stats = await api.fetch('/v1/stats', { headers: as(...words) })
    const { total } = (await stats.json()) as { total: number }
    return [WorkloadList.parse(await list.json()).total, total]
  }
  assert.deepEqual(await totals('one', 'read'), [1, 1])
  assert.deepEqual(await totals('three', 'read'), [0, 0])
  assert.deepEqual(await totals('root', 'admin'), [2, 2])
  const headers = as('root', 'admin')
  assert.equal((await api.fetch(`/v1/workloads/${mine.id}`, { headers })).status, 200)
  const killed = await api.fetch(`/v1/workloads/${mine.id}`, { method: 'DELETE', headers })
  assert.equal((await viewOf(killed, 200)).status, 'killed')
})

test('what a key may use is asked with what the workload will use, and nothing over it is stored', async () => {
  const asked: unknown[] = []
  await using api = await openServer({
    defaults: { cpus: 2, memMib: 300, network: 'public' },
    authenticator: {
      ...WITH_KEYS,
      admitSubmission(_caller, needs) {
        asked.push(needs)
        throw new HttpProblem('quota_exceeded', 'no more', { retryAfterS: 6.5 })
      },
    },
  })
  const headers = as('one', 'run')
  const own = { ...PYTHON, resources: { cpus: 3, mem_mb: 400 }, network: 'none' }
  for (const body of [PYTHON, own]) {
    const response = await api.post('/v1/workloads', body, headers)
    assert.equal((await problemOf(response)).code, 'quota_exceeded')
    assert.deepEqual([response.status, response.headers.get('retry-after')], [429, '7'])
  }
  assert.deepEqual(asked, [
    { cpus: 2, memMib: 300, network: 'public' },
    { cpus: 3, memMib: 400, network: 'none' },
  ])
  assert.equal((await api.engine.stats()).total, 0)
})

test('every request is asked who sends it, those to what does not exist and to open routes too', async () => {
  await using api = await openServer({
    authenticator: {
      ...WITH_KEYS,
      admit({ method, url, headers, remoteAddress }) {
        assert.equal(remoteAddress, '127.0.0.1')
        throw new HttpProblem('host_refused', `${method} ${url} ${headers['x-test']}`)
      },
    },
  })
  for (const path of ['/healthz', '/openapi.json?a=b', '/nothing', '/v1/workloads']) {
    const response = await api.fetch(path, { headers: { 'x-test': 'yes' } })
    const problem = await problemOf(response)
    assert.deepEqual([problem.code, problem.detail], ['host_refused', `GET ${path} yes`])
  }
})

test('pages of the configured origins may call, and no other', async () => {
  await using api = await openServer({ corsOrigins: ['https://panel.example'] })
  const preflight = (origin: string) =>
    api.fetch('/v1/workloads', {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization, content-type',
      },
    })
  const welcome = await preflight('https://panel.example')
  assert.equal(welcome.status, 204)
  assert.equal(welcome.headers.get('access-control-allow-origin'), 'https://panel.example')
  assert.match(welcome.headers.get('access-control-allow-headers') ?? '', /authorization/)
  const foreign = await preflight('https://evil.example')
  assert.notEqual(foreign.headers.get('access-control-allow-origin'), 'https://evil.example')
})
