import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeBackend } from '@vulcan/backend/testing'
import { MemoryStore } from '@vulcan/engine'
import { exchange, RawSocket } from './support/raw-socket.ts'
import { openServer, PYTHON, problemOf, viewOf, WITH_KEYS } from './support/server-under-test.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const bytes = (count: number) => Buffer.alloc(count, 1).toString('base64')

/** Bodies that cannot be, and which field is to blame. */
const WRONG_BODIES: readonly (readonly [string, string])[] = [
  ['', 'body'],
  ['null', 'body'],
  ['[]', 'body'],
  ['"text"', 'body'],
  ['{"runtime":', 'body'],
  ['{"runtime":"python","code":"\ud800', 'body'],
  ['{}', 'runtime'],
  ['{"runtime":"cobol","code":""}', 'runtime'],
  ['{"runtime":["python"],"code":""}', 'runtime'],
  ['{"runtime":"python"}', 'code'],
  ['{"runtime":"python","code":1}', 'code'],
  ['{"runtime":"python","code":"","code_archive":"AAAA"}', 'code'],
  ['{"runtime":"python","code_archive":"%%%"}', 'code_archive'],
  ['{"runtime":"python","code_archive":"AAA"}', 'code_archive'],
  ['{"runtime":"python","code":"a\\u0000b"}', 'code'],
  ['{"runtime":"python","code":"","isolation":"container"}', 'isolation'],
  ['{"runtime":"python","code":"","args":[1]}', 'args.0'],
  ['{"runtime":"python","code":"","args":["\\u0000"]}', 'args.0'],
  ['{"runtime":"python","code":"","env":{"A=B":""}}', 'env.A=B'],
  ['{"runtime":"python","code":"","env":{"A":"\\u0000"}}', 'env.A'],
  ['{"runtime":"python","code":"","env":[]}', 'env'],
  [JSON.stringify({ runtime: 'python', code: '', args: Array(60_000).fill(1) }), 'args'],
  [JSON.stringify({ runtime: 'python', code: '', env: { ...Array(50_000).fill(1) } }), 'env'],
  ['{"runtime":"python","code":"","entrypoint":"../x"}', 'entrypoint'],
  ['{"runtime":"python","code":"","entrypoint":"/x"}', 'entrypoint'],
  ['{"runtime":"python","code":"","stdin":"%"}', 'stdin'],
  ['{"runtime":"python","code":"","stdin":"","input":1}', 'stdin'],
  ['{"runtime":"python","code":"","network":"internet"}', 'network'],
  ['{"runtime":"python","code":"","priority":10}', 'priority'],
  ['{"runtime":"python","code":"","resources":null}', 'resources'],
  ['{"runtime":"python","code":"","resources":{"cpus":0}}', 'resources.cpus'],
  ['{"runtime":"python","code":"","resources":{"cpus":33}}', 'resources.cpus'],
  ['{"runtime":"python","code":"","resources":{"cpus":1.5}}', 'resources.cpus'],
  ['{"runtime":"python","code":"","resources":{"mem_mb":-1}}', 'resources.mem_mb'],
  ['{"runtime":"python","code":"","resources":{"mem_mb":1e99}}', 'resources.mem_mb'],
  ['{"runtime":"python","code":"","resources":{"timeout_s":-5}}', 'resources.timeout_s'],
  ['{"runtime":"python","code":"","resources":{"timeout_s":86401}}', 'resources.timeout_s'],
  ['{"runtime":"python","code":"","output_limit_bytes":-1}', 'output_limit_bytes'],
  ['{"runtime":"python","code":"","output_limit_bytes":16777217}', 'output_limit_bytes'],
  ['{"runtime":"python","code":"","__proto__":{"network":"all"}}', '__proto__'],
  ['{"runtime":"python","code":"","env":{"__proto__":"x"}}', 'env.__proto__'],
  ['{"runtime":"python","code":"","input":[{"\\u005f_proto__":1}]}', 'input.0.__proto__'],
  [`{"runtime":"python","code":"","input":${'['.repeat(200)}${']'.repeat(200)}}`, 'body'],
  [`{"runtime":"python","code":"","input":[${'[],'.repeat(200_000)}0]}`, 'body'],
  [`{"runtime":"python","code":"","x":${'['.repeat(7_000_000)}`, 'body'],
]

test('a wrong body is refused with its field, and nothing is stored', async () => {
  await using api = await openServer()
  for (const path of ['/v1/workloads', '/v1/workloads/async']) {
    for (const [body, field] of WRONG_BODIES) {
      const response = await api.fetch(path, { method: 'POST', headers: JSON_TYPE, body })
      const problem = await problemOf(response)
      assert.deepEqual(
        [problem.status, problem.code, problem.field],
        [400, 'invalid_request', field],
        `${body.slice(0, 80)}: ${problem.detail}`,
      )
      assert.ok(problem.detail.startsWith(field), problem.detail)
    }
  }
  assert.equal((await api.engine.stats()).total, 0)
})

test('what no guest could be sent is too large, and so is a body over 15 MB', async () => {
  await using api = await openServer()
  for (const body of [
    { ...PYTHON, code: undefined, code_archive: bytes(10_000_000), stdin: bytes(3_000_000) },
    { ...PYTHON, input: 'x'.repeat(13_000_000) },
    { ...PYTHON, code: 'x'.repeat(15_000_001) },
  ]) {
    const problem = await problemOf(await api.post('/v1/workloads', body))
    assert.deepEqual([problem.status, problem.code], [413, 'payload_too_large'])
  }
  const most = { ...PYTHON, code: undefined, code_archive: bytes(11_000_000) }
  const view = await viewOf(await api.post('/v1/workloads/async', most), 202)
  const { spec } = await api.backend.execution(view.id)
  assert.equal(spec.codeArchive?.byteLength, 11_000_000)
})

test('a body that is announced as too large is refused before it is sent', async () => {
  await using api = await openServer()
  const answer = await exchange(
    api.port,
    'POST /v1/workloads HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: 15000001\r\n\r\n',
  )
  assert.match(answer, /^HTTP\/1\.1 413 /)
  assert.match(answer, /"code":"payload_too_large"/)
})

test('a body that is not JSON by its type is refused', async () => {
  await using api = await openServer()
  for (const headers of [
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/x-www-form-urlencoded' },
    { 'content-type': 'multipart/form-data; boundary=x' },
    { 'content-type': 'nonsense' },
    { ...JSON_TYPE, 'content-encoding': 'gzip' },
  ]) {
    const body = JSON.stringify(PYTHON)
    const problem = await problemOf(
      await api.fetch('/v1/workloads', { method: 'POST', headers, body }),
    )
    assert.deepEqual([problem.status, problem.code], [415, 'unsupported_media_type'])
  }
})

test('what does not exist is 404, and a method that a resource does not have 405', async () => {
  await using api = await openServer()
  for (const path of ['/', '/v1', '/v1/workload', '/v1/workloads/x/y', '/V1/workloads']) {
    const problem = await problemOf(await api.fetch(path))
    assert.deepEqual([problem.status, problem.code], [404, 'route_unknown'])
  }
  for (const id of ['01ARZ3NDEKTSV4RRFFQ69G5FAV', 'x', '%00', 'x'.repeat(90)]) {
    const problem = await problemOf(await api.fetch(`/v1/workloads/${id}`))
    assert.deepEqual([problem.status, problem.code], [404, 'workload_unknown'])
  }
  for (const [method, path, allow] of [
    ['PUT', '/v1/workloads', 'GET, HEAD, POST'],
    ['DELETE', '/v1/workloads', 'GET, HEAD, POST'],
    ['POST', '/v1/workloads/x', 'DELETE, GET, HEAD'],
    ['OPTIONS', '/v1/workloads/x/logs', 'GET'],
    ['OPTIONS', '/v1/workloads/x/logs/history', 'GET'],
    ['PATCH', '/healthz', 'GET, HEAD'],
  ] as const) {
    const response = await api.fetch(path, { method, body: method === 'PUT' ? 'x' : null })
    assert.equal((await problemOf(response)).code, 'method_not_allowed')
    assert.equal(response.headers.get('allow'), allow)
  }
  assert.equal((await api.fetch('/healthz', { method: 'HEAD' })).status, 200)
})

test('what is no HTTP request gets a problem all the same', async () => {
  await using api = await openServer({ limits: { headersMs: 100 } })
  for (const [sent, status, code] of [
    ['garbage\r\n\r\n', 400, 'invalid_request'],
    ['GET / HTTP/1.1\r\nA\r\n\r\n', 400, 'invalid_request'],
    ['GET /%zz HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n', 400, 'invalid_request'],
    ['GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'invalid_request'],
    [`GET / HTTP/1.1\r\nA: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
    ['GET / HTTP/1.1\r\nHost: he', 408, 'request_timeout'],
  ] as const) {
    const answer = await exchange(api.port, sent)
    assert.equal(answer.slice(0, 12), `HTTP/1.1 ${status}`, `${sent.slice(0, 40)}: ${answer}`)
    const body = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))
    assert.deepEqual([body.status, body.code], [status, code])
    assert.match(answer, /content-type: application\/problem\+json/i)
    assert.match(answer, new RegExp(`x-request-id: ${body.requestId}`, 'i'))
  }
})

test('a body that stops halfway is a request that did not arrive in time', async () => {
  await using api = await openServer({ limits: { headersMs: 100, requestMs: 200 } })
  const answer = await exchange(
    api.port,
    'POST /v1/workloads HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{',
  )
  assert.match(answer, /^HTTP\/1\.1 408 /)
})

test('a request id is taken over where it is a short and safe word, and in the log in any case', async () => {
  await using api = await openServer()
  const idOf = async (given: string) => {
    const response = await api.fetch('/healthz', { headers: { 'x-request-id': given } })
    return response.headers.get('x-request-id') ?? ''
  }
  assert.equal(await idOf('trace-1.a_B'), 'trace-1.a_B')
  for (const given of ['', 'a b', '{"x":1}', 'x'.repeat(65)]) {
    assert.match(await idOf(given), /^[0-9a-f-]{36}$/)
  }
  assert.ok(api.log.some((line) => JSON.parse(line).request_id === 'trace-1.a_B'))
})

test('what is unsupported is 400, a full host 503, and an owner who has too much waiting 429', async () => {
  await using api = await openServer({
    backend: new FakeBackend(1),
    authenticator: WITH_KEYS,
    engine: { queue: { max: 2, maxPerOwner: 1 }, capacity: { cpus: 4, memMib: 1024 } },
  })
  const post = (owner: string, body: object = PYTHON) =>
    api.post('/v1/workloads/async', body, { authorization: `Bearer ${owner} run` })
  const go = await problemOf(await post('one', { ...PYTHON, runtime: 'go' }))
  assert.deepEqual([go.status, go.code], [400, 'unsupported_runtime'])
  for (const [resources, field] of [
    [{ cpus: 5 }, 'resources.cpus'],
    [{ mem_mb: 1025 }, 'resources.mem_mb'],
  ] as const) {
    const problem = await problemOf(await post('one', { ...PYTHON, resources }))
    assert.deepEqual([problem.status, problem.field], [400, field])
    assert.ok(problem.detail.startsWith(field), problem.detail)
  }
  const { id } = await viewOf(await post('one'), 202)
  await api.backend.execution(id)
  await viewOf(await post('one'), 202)
  const tooMuch = await post('one')
  assert.equal((await problemOf(tooMuch)).code, 'quota_exceeded')
  assert.equal(tooMuch.status, 429)
  await viewOf(await post('two'), 202)
  const full = await post('three')
  assert.equal((await problemOf(full)).code, 'no_capacity')
  assert.equal(full.status, 503)
  for (const { headers } of [tooMuch, full]) assert.ok(Number(headers.get('retry-after')) > 0)
})

test('a failure of the server says nothing of its inside, and its log says all', async () => {
  class BrokenStore extends MemoryStore {
    override stats(): never {
      throw new TypeError('the inside')
    }
  }
  await using api = await openServer({ engine: { store: new BrokenStore() } })
  const response = await api.fetch('/v1/stats')
  const text = await response.clone().text()
  const problem = await problemOf(response)
  assert.deepEqual([problem.status, problem.code], [500, 'internal'])
  assert.doesNotMatch(text, /inside|TypeError|\.ts/)
  const line = api.log.map((one) => JSON.parse(one)).find(({ level }) => level === 50)
  assert.equal(line.request_id, problem.requestId)
  assert.match(line.err.stack, /TypeError: the inside\n\s+at /)
})

test('code, environment, input and keys are in no line of the log', async () => {
  await using api = await openServer()
  const secret = 'do-not-write-this-down'
  const authorization = `Bearer ${secret}`
  const body = {
    runtime: 'python',
    code: secret,
    env: { A: secret },
    input: secret,
    args: [secret],
  }
  await viewOf(await api.post('/v1/workloads/async', body, { authorization }), 202)
  for (const wrong of [
    { ...body, priority: 99 },
    { ...body, env: { [`${secret}=`]: secret } },
  ]) {
    await problemOf(await api.post('/v1/workloads', wrong, { authorization }))
  }
  await api.fetch('/v1/workloads', {
    method: 'POST',
    headers: JSON_TYPE,
    body: `{"code":"${secret}`,
  })
  await api.fetch(`/v1/workloads/${secret}?wait=${secret}`)
  assert.equal(api.log.length, 5)
  for (const line of api.log) assert.ok(!line.includes(secret), line)
})

test('a request after the answer of another is answered on the same connection', async () => {
  await using api = await openServer()
  using raw = new RawSocket(api.port)
  const get = 'GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n'
  raw.send(get + get)
  const answer = await raw.received('{"status":"ok"}')
  assert.match(answer, /^HTTP\/1\.1 200 /)
  raw.send('no request\r\n\r\n')
  assert.equal(
    (await raw.closed).match(/HTTP\/1\.1 \d+/g)?.join(),
    'HTTP/1.1 200,HTTP/1.1 200,HTTP/1.1 400',
  )
})
