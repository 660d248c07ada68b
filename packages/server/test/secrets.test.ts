import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { MemoryStore } from '@vulcan/engine'
import { pino } from 'pino'
import { formatApiKey, newApiKey } from '../src/access/api-key.ts'
import { bearer, openKeyedServer } from './support/keyed-server.ts'
import { PYTHON, viewOf } from './support/server-under-test.ts'

/** Stands in everything that belongs to a caller and to nobody else. */
const MARK = 'T0pS3cret'

/** Bytes that hold the mark, and as a caller sends them. */
const base64 = Buffer.from(`archive ${MARK}`).toString('base64')
const SECRETS = [MARK, base64, Buffer.from(MARK).toString('base64')]

const BODY = {
  ...PYTHON,
  code: `print("${MARK}")`,
  args: [`--password=${MARK}`],
  env: { TOKEN: MARK, [`NAME_${MARK}`]: 'x' },
  input: { password: MARK },
}

/** Bodies that are refused at every stage of their reading. */
const REFUSED: readonly string[] = [
  `{"runtime":"python","code":"${MARK}"`,
  `"${MARK}"`,
  JSON.stringify({ ...BODY, runtime: MARK }),
  JSON.stringify({ ...BODY, env: { TOKEN: [MARK] } }),
  JSON.stringify({ ...BODY, env: { [`A=${MARK}`]: MARK } }),
  JSON.stringify({ ...BODY, code: `${MARK}\0` }),
  JSON.stringify({ ...BODY, args: [{ [MARK]: MARK }] }),
  JSON.stringify({ ...BODY, code_archive: base64 }),
  JSON.stringify({ ...BODY, code_archive: MARK }),
  JSON.stringify({ ...BODY, network: MARK, priority: MARK }),
  JSON.stringify({ ...BODY, ['__proto__']: { [MARK]: 1 }, resources: { cpus: MARK } }),
  JSON.stringify({ ...BODY, stdin: base64 }),
]

/** All that a server writes down, however little it is. */
function everything() {
  const lines: string[] = []
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })
  return { lines, logger }
}

function assertSilent(lines: readonly string[], secrets: readonly string[] = SECRETS): void {
  for (const line of lines) {
    for (const secret of secrets) assert.ok(!line.includes(secret), line)
  }
}

test('code, arguments, environment and input are in no line of the log, nor is output', async (t) => {
  const { lines, logger } = everything()
  const { api, keyFor } = await openKeyedServer(t, { logger })
  const headers = bearer(keyFor('run', 'read'))
  const answer = api.post('/v1/workloads', BODY, headers)
  const execution = await api.backend.nth(0)
  await execution.write(`out ${MARK}`)
  execution.exit()
  const { id } = await viewOf(await answer, 201)
  const archived = { runtime: 'python', entrypoint: 'main.py', code_archive: base64, stdin: base64 }
  await viewOf(await api.post('/v1/workloads/async', archived, headers), 202)
  ;(await api.backend.nth(1)).fail('boot_failed', 'the console says nothing')
  for (const path of ['', '/logs', '/logs/history', '/output']) {
    const shown = await api.fetch(`/v1/workloads/${id}${path}`, { headers })
    assert.equal(shown.status, 200)
    await shown.text()
  }
  await api[Symbol.asyncDispose]()
  assert.ok(lines.some((line) => line.includes('/v1/workloads/{id}/output')))
  assertSilent(lines)
})

test('what is refused is in no line of the log, wherever its fault lies', async (t) => {
  const { lines, logger } = everything()
  const { api, keyFor } = await openKeyedServer(t, { logger })
  const headers = { ...bearer(keyFor('run', 'read')), 'content-type': 'application/json' }
  const url = `/v1/workloads/async?password=${MARK}`
  for (const body of REFUSED) {
    const { status } = await api.fetch(url, { method: 'POST', headers, body })
    assert.ok(status === 400 || status === 202, `${status} for ${body}`)
  }
  for (const [path, init] of [
    [`/v1/${MARK}`, {}],
    [`/v1/workloads/${MARK}`, {}],
    [`/v1/workloads?cursor=${MARK}&limit=${MARK}`, {}],
    [`/v1/workloads/%zz${MARK}`, {}],
    ['/v1/workloads', { method: 'PUT', body: MARK }],
    ['/v1/workloads', { method: 'POST', body: MARK, headers: { 'content-type': MARK } }],
    ['/v1/workloads', { method: 'POST', body: '{}', headers: { 'idempotency-key': ` ${MARK} é` } }],
    ['/v1/stats', { headers: { cookie: MARK, accept: MARK } }],
  ] as const) {
    await (
      await api.fetch(path, { ...init, headers: { ...headers, ...(init as RequestInit).headers } })
    ).text()
  }
  await malformed(api.port)
  await api[Symbol.asyncDispose]()
  assert.ok(lines.length >= REFUSED.length)
  assertSilent(lines)
})

/** What is no HTTP, which Node.js refuses before there is a request. */
async function malformed(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.end(`GET / HTTP/1.1\r\nHost: x\r\n${MARK} no header\r\n\r\n`)
  assert.match(await text(socket), /^HTTP\/1\.1 400 /)
}

test('neither a right nor a wrong key is in any line of the log, or in an answer', async (t) => {
  const { lines, logger } = everything()
  const { api, keys, keyFor } = await openKeyedServer(t, { logger })
  const right = keyFor('run')
  const revoked = keyFor('admin')
  keys.revoke(revoked)
  const wrong = formatApiKey(newApiKey())
  const shown: string[] = []
  for (const key of [right, revoked, wrong]) {
    for (const [path, headers] of [
      ['/metrics', bearer(key)],
      ['/v1/stats', { authorization: `Basic ${key}` }],
      [`/v1/stats?access_token=${key}`, {}],
      [`/${key}`, bearer(key)],
    ] as const) {
      const response = await api.fetch(path, { headers })
      shown.push(await response.text(), JSON.stringify([...response.headers]))
    }
  }
  await api[Symbol.asyncDispose]()
  const secrets = [right, revoked, wrong].map((key) => key.split('_')[2]!)
  assert.ok(lines.length >= 12)
  assertSilent(lines, secrets)
  assertSilent(shown, secrets)
})

test('a failure of the server is in the log, and what it failed with is not', async (t) => {
  const { lines, logger } = everything()
  class FullStore extends MemoryStore {
    override async insert(): Promise<never> {
      throw new Error('database or disk is full')
    }
  }
  const setup = { logger, engine: { store: new FullStore() } }
  const { api, keyFor } = await openKeyedServer(t, setup)
  const response = await api.post('/v1/workloads', BODY, bearer(keyFor('run')))
  assert.equal(response.status, 500)
  await api[Symbol.asyncDispose]()
  assert.ok(lines.some((line) => line.includes('database or disk is full')))
  assertSilent(lines)
})
