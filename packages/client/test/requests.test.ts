import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError, ConnectionError, OptionError, Vulcan } from '@vulcan/client'
import { hangUp, json, problem, ScriptedServer } from './support/scripted-server.ts'
import { anEndedView, aView, ID } from './support/views.ts'

const REFUSED = {
  code: 'unauthorized',
  status: 401,
  requestId: 'r-1',
  message: 'it is unauthorized',
}

test('a refusal is an error with the code, the status and the request of the server', async () => {
  await using server = await ScriptedServer.open(problem('unauthorized', 401))
  await assert.rejects(server.client().get(ID), (error: unknown) => {
    assert.ok(error instanceof ApiError)
    assert.deepEqual(
      { ...error, message: error.message },
      {
        ...{ ...REFUSED, name: 'ApiError' },
        ...{ retryAfterS: undefined, field: undefined },
      },
    )
    return true
  })
  assert.equal(server.seen.length, 1)
})

test('a refusal in words that this version does not know is quoted', async () => {
  await using server = await ScriptedServer.open(
    json({ error: 'no such thing', code: 'of_a_later_version' }, 418),
    (response) => response.writeHead(500).end('<h1>a proxy</h1>'),
  )
  const client = server.client()
  await assert.rejects(client.get(ID), {
    code: 'unrecognized',
    status: 418,
    message: 'the server answered 418: no such thing',
  })
  await assert.rejects(client.get(ID), { message: 'the server answered 500: <h1>a proxy</h1>' })
})

test('what is safe to do twice is tried again after a lost connection and at a gateway without its server', async () => {
  await using server = await ScriptedServer.open(
    hangUp,
    (response) => response.writeHead(502).end(),
    json(aView()),
  )
  const workload = await server.client().get(ID)
  assert.equal(workload.createdAt.getTime(), Date.parse('2026-01-02T03:04:05.678Z'))
  assert.equal(server.seen.length, 3)
})

test('a submission is tried again with the key that it had, so that it is taken once', async () => {
  await using server = await ScriptedServer.open(
    hangUp,
    problem('idempotency_in_use', 409),
    problem('no_capacity', 503, { 'retry-after': '1' }),
    json(aView({ status: 'pending' }), 202),
  )
  const { status } = await server.client().submit('print(1)')
  assert.equal(status, 'pending')
  const keys = new Set(server.seen.map(({ headers }) => headers['idempotency-key']))
  assert.equal(server.seen.length, 4)
  assert.equal(keys.size, 1)
  assert.match([...keys][0] as string, /^[0-9a-f]{32}$/)
  assert.equal(new Set(server.seen.map(({ body }) => body)).size, 1)
  await server.client().submit('print(1)')
  assert.ok(!keys.has(server.seen.at(-1)?.headers['idempotency-key']))
})

test('a server that wants more patience than there is, or says no time, is not asked again', async () => {
  await using server = await ScriptedServer.open(
    problem('quota_exceeded', 429, { 'retry-after': '60' }),
    problem('no_capacity', 503),
    hangUp,
  )
  await assert.rejects(server.client().submit('x'), { code: 'quota_exceeded', retryAfterS: 60 })
  await assert.rejects(server.client().submit('x'), { code: 'no_capacity' })
  await assert.rejects(server.client({ retryMs: 0 }).submit('x'), { code: 'unreachable' })
  assert.equal(server.seen.length, 3)
})

test('a lost answer to a kill is no reason to say that it came too late', async () => {
  await using server = await ScriptedServer.open(
    hangUp,
    problem('workload_ended', 409),
    json(anEndedView({ status: 'killed', reason: 'killed', exit_code: null })),
    problem('workload_ended', 409),
  )
  assert.equal((await server.client().kill(ID)).status, 'killed')
  assert.deepEqual(server.calls.slice(1), [`DELETE /v1/workloads/${ID}`, `GET /v1/workloads/${ID}`])
  await assert.rejects(server.client().kill(ID), { code: 'workload_ended' })
})

test('a redirect is not followed: the key goes to the given address alone', async () => {
  await using other = await ScriptedServer.open(json(aView()))
  await using server = await ScriptedServer.open((response) =>
    response.writeHead(307, { location: `${other.url}/v1/workloads/${ID}` }).end(),
  )
  await assert.rejects(server.client().get(ID), (error: unknown) => {
    assert.ok(error instanceof ConnectionError)
    assert.equal(error.code, 'redirected')
    assert.ok(error.message.includes(other.url))
    return true
  })
  assert.equal(server.seen.length, 1)
  assert.equal(other.seen.length, 0)
})

for (const [what, body] of [
  ['no JSON', '<html>'],
  ['JSON of another kind', '{"id":1}'],
  ['a workload with a status that there is not', JSON.stringify(aView({ status: 'odd' }))],
  ['output that is no base64', JSON.stringify(anEndedView({ stdout: '!' }))],
] as const) {
  test(`an answer that is ${what} is refused, once`, async () => {
    await using server = await ScriptedServer.open((response) => response.end(body))
    await assert.rejects(server.client().get(ID), { code: 'answer_invalid' })
    assert.equal(server.seen.length, 1)
  })
}

test('an answer without an end is cut at its budget', async () => {
  await using server = await ScriptedServer.open((response) => {
    const chunk = Buffer.alloc(4 * 1024 ** 2, ' ')
    const write = () => {
      while (!response.destroyed && response.write(chunk));
    }
    response.on('drain', write)
    write()
  })
  await assert.rejects(server.client().get(ID), { code: 'answer_invalid' })
})

test('no answer in time, no whole answer in time and no server at all are told apart', async () => {
  await using server = await ScriptedServer.open(
    () => undefined,
    (response) => {
      response.writeHead(200)
      response.write('{')
    },
  )
  const client = server.client({ timeoutMs: 200, retryMs: 0 })
  await assert.rejects(client.get(ID), { code: 'deadline' })
  await assert.rejects(client.get(ID), { code: 'connection_lost' })
  const nowhere = new Vulcan({ url: 'http://127.0.0.1:1', retryMs: 0 })
  await assert.rejects(nowhere.get(ID), {
    code: 'unreachable',
    message: /^http:\/\/127\.0\.0\.1:1 cannot be reached: ./,
  })
})

test('an abort ends a call at once with its reason, also between two attempts', async () => {
  const reason = new Error('enough')
  const during = new AbortController()
  const between = new AbortController()
  await using server = await ScriptedServer.open(
    () => during.abort(reason),
    (response) => {
      problem('no_capacity', 503, { 'retry-after': '10' })(response, server.seen[1]!)
      response.on('close', () => between.abort(reason))
    },
  )
  await assert.rejects(server.client().get(ID, { signal: during.signal }), reason)
  await assert.rejects(server.client().get(ID, { signal: between.signal }), reason)
  await assert.rejects(server.client().get(ID, { signal: AbortSignal.abort(reason) }), reason)
  assert.equal(server.seen.length, 2)
})

test('what is no id leads nowhere', async () => {
  const client = new Vulcan({ url: 'http://127.0.0.1:1' })
  for (const id of ['', '..', 'a/b', '../stats', 'x?y']) {
    await assert.rejects(client.get(id), OptionError)
  }
})
