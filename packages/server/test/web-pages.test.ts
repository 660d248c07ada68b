import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { json } from 'node:stream/consumers'
import { test } from 'node:test'
import { Problem } from '@vulcan/schema'
import { KeylessAuthenticator } from '@vulcan/server'
import { allPaths, METHODS } from './support/routes.ts'
import { openServer, PYTHON } from './support/server-under-test.ts'

type Header = readonly [name: string, value: string]

/** A host without keys, as an operator has it on a laptop with a browser. */
async function openKeyless() {
  const authenticator = new KeylessAuthenticator({ listenAddress: '127.0.0.1' })
  return openServer({ authenticator })
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: readonly Header[]
  readonly body?: string
}

/** Sends exactly these headers, as no client that means well would let us. */
async function send(port: number, { method, path, headers, body = '' }: Asked) {
  const length: Header[] = body === '' ? [] : [['Content-Length', `${Buffer.byteLength(body)}`]]
  const sent = request({
    ...{ host: '127.0.0.1', port, method, path, setHost: false },
    headers: [...headers, ...length].flat(),
  })
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const content = method === 'HEAD' ? response.resume() && undefined : await json(response)
  return { status: response.statusCode, code: Problem.safeParse(content).data?.code }
}

const JSON_TYPE: Header = ['Content-Type', 'application/json']

test('a page under a name that was rebound to this machine reaches no route', async () => {
  await using api = await openKeyless()
  const name = `rebound.example:${api.port}`
  const headers: Header[] = [
    ['Host', name],
    ['Origin', `http://${name}`],
    ['Sec-Fetch-Site', 'same-origin'],
    JSON_TYPE,
  ]
  const paths = [...(await allPaths(api)), '/', '/nowhere']
  for (const path of paths) {
    for (const method of METHODS) {
      const body = method === 'POST' ? JSON.stringify(PYTHON) : ''
      const { status, code } = await send(api.port, { method, path, headers, body })
      assert.equal(status, 403, `${method} ${path}`)
      if (method !== 'HEAD') assert.equal(code, 'host_refused')
    }
  }
  assert.equal((await api.engine.list({ limit: 1 })).total, 0)
})

/** JSON that a form of the type text/plain can send: the equals sign stands in a name. */
const FORM_TEXT = `${JSON.stringify({ ...PYTHON, x: '=' })}\r\n`

for (const [what, origin, site] of [
  ['of a page of another site', 'http://evil.example', 'cross-site'],
  ['of a sandboxed frame', 'null', 'cross-site'],
  ['of a page of another port', 'http://localhost:1', 'same-site'],
] as const) {
  test(`a form ${what} is refused, whatever its type`, async () => {
    await using api = await openKeyless()
    for (const type of [
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/plain',
      'application/json',
    ]) {
      const headers: Header[] = [
        ['Host', `localhost:${api.port}`],
        ['Origin', origin],
        ['Sec-Fetch-Site', site],
        ['Sec-Fetch-Mode', 'navigate'],
        ['Sec-Fetch-Dest', 'document'],
        ['Content-Type', type],
      ]
      const asked = { method: 'POST', path: '/v1/workloads/async', headers, body: FORM_TEXT }
      assert.deepEqual(await send(api.port, asked), { status: 403, code: 'origin_refused' })
    }
    assert.equal((await api.engine.list({ limit: 1 })).total, 0)
  })
}

test('a form of a browser that says nothing of where it comes from is refused by its type', async () => {
  await using api = await openKeyless()
  for (const type of ['application/x-www-form-urlencoded', 'text/plain', undefined]) {
    const headers: Header[] = [['Host', `localhost:${api.port}`]]
    if (type !== undefined) headers.push(['Content-Type', type])
    for (const path of ['/v1/workloads', '/v1/workloads/async']) {
      const asked = { method: 'POST', path, headers, body: FORM_TEXT }
      assert.deepEqual(await send(api.port, asked), { status: 415, code: 'unsupported_media_type' })
    }
  }
  assert.equal((await api.engine.list({ limit: 1 })).total, 0)
})

test('a page of another site learns nothing by what it embeds, and is promised nothing', async () => {
  await using api = await openKeyless()
  const host: Header = ['Host', `localhost:${api.port}`]
  const embedded: Header[] = [host, ['Sec-Fetch-Site', 'cross-site'], ['Sec-Fetch-Dest', 'image']]
  const preflight: Header[] = [
    host,
    ['Origin', 'http://evil.example'],
    ['Access-Control-Request-Method', 'DELETE'],
  ]
  const refused = { status: 403, code: 'origin_refused' }
  const path = '/v1/workloads'
  assert.deepEqual(await send(api.port, { method: 'GET', path, headers: embedded }), refused)
  assert.deepEqual(await send(api.port, { method: 'OPTIONS', path, headers: preflight }), refused)
})

test('two Hosts and an absolute target for another host are refused', async () => {
  await using api = await openKeyless()
  const ours: Header = ['Host', `localhost:${api.port}`]
  const theirs: Header = ['Host', 'rebound.example']
  const ask = (path: string, ...headers: Header[]) =>
    send(api.port, { method: 'GET', path, headers })
  const refused = { status: 403, code: 'host_refused' }
  assert.deepEqual(await ask('/v1/stats', ours, theirs), refused)
  assert.deepEqual(await ask('http://rebound.example/v1/stats', ours), refused)
  assert.equal((await ask(`http://localhost:${api.port}/v1/stats`, ours)).status, 200)
})

test("this machine's own programs and pages are served", async () => {
  await using api = await openKeyless()
  for (const host of ['localhost', '127.0.0.1', '[::1]']) {
    const own: Header[] = [
      ['Host', `${host}:${api.port}`],
      ['Origin', `http://${host}:${api.port}`],
      ['Sec-Fetch-Site', 'same-origin'],
      JSON_TYPE,
    ]
    const asked = { method: 'POST', path: '/v1/workloads/async', body: JSON.stringify(PYTHON) }
    assert.equal((await send(api.port, { ...asked, headers: own })).status, 202)
  }
  assert.equal((await api.post('/v1/workloads/async', PYTHON)).status, 202)
})
