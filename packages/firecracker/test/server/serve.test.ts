import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { serveFirecrackerApi } from '../../src/api.ts'
import { SocketBindError, SocketPathError } from '../../src/index.ts'
import { rawExchange } from '../support/raw-exchange.ts'
import { recordingVmm } from '../support/recording-vmm.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

async function served(directory: string) {
  const recorded = recordingVmm()
  const socketPath = join(directory, 'api.sock')
  const server = await serveFirecrackerApi({ api: recorded.api, socketPath })
  return { ...recorded, server, socketPath }
}

function requestOf(head: string, body = ''): string {
  return `${head}\r\n\r\n${body}`
}

/** Whether an answer is there with its body, if it has one. */
function isWhole(received: string): boolean {
  const end = received.indexOf('\r\n\r\n')
  const [, length = '0'] = /Content-Length: (\d+)/.exec(received) ?? []
  return end !== -1 && received.length >= end + 4 + Number(length)
}

test('a request is answered as Firecracker answers', async () => {
  using directory = temporaryDirectory()
  const { server, socketPath } = await served(directory.path)
  await using _ = server
  const answer = await rawExchange(
    socketPath,
    requestOf('GET /version HTTP/1.1\r\nHost: x'),
    isWhole,
  )
  assert.match(answer, /^HTTP\/1\.1 200 \r\nServer: Firecracker API\r\n/)
  assert.match(answer, /\r\nContent-Type: application\/json\r\nContent-Length: 32\r\n/)
  assert.match(answer, /\r\n\r\n\{"firecracker_version":"1\.16\.1"\}$/)
})

test('one connection serves many requests', async () => {
  using directory = temporaryDirectory()
  const { server, socketPath } = await served(directory.path)
  await using _ = server
  const request = 'GET /version HTTP/1.1\r\nHost: x\r\n\r\n'
  const answers = await rawExchange(
    socketPath,
    request + request,
    (received) => received.split('"firecracker_version"').length === 3,
  )
  assert.match(answers, /Connection: keep-alive/)
})

test('the socket is for its owner only and is gone after the server', async () => {
  using directory = temporaryDirectory()
  const { server, socketPath } = await served(directory.path)
  assert.equal(statSync(socketPath).mode & 0o777, 0o600)
  await server[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  assert.equal(existsSync(socketPath), false)
})

test('the end of the server ends its connections', async () => {
  using directory = temporaryDirectory()
  const { server, socketPath } = await served(directory.path)
  const client = connect({ path: socketPath })
  await once(client, 'connect')
  const closed = once(client.resume(), 'close')
  await server[Symbol.asyncDispose]()
  await closed
})

test('a path that exists is not taken over', async () => {
  using directory = temporaryDirectory()
  const socketPath = join(directory.path, 'api.sock')
  writeFileSync(socketPath, '')
  await assert.rejects(serveFirecrackerApi({ api: recordingVmm().api, socketPath }), (error) => {
    assert.ok(error instanceof SocketBindError)
    assert.equal(error.code, 'socket_bind_failed')
    assert.equal(error.reason, 'exists')
    return true
  })
  assert.ok(existsSync(socketPath))
})

test('a directory that is missing is told apart from a path that exists', async () => {
  const socketPath = '/nowhere/api.sock'
  await assert.rejects(serveFirecrackerApi({ api: recordingVmm().api, socketPath }), {
    code: 'socket_bind_failed',
    reason: 'other',
  })
})

test('a path of 107 bytes is bound, one of 108 is refused', async () => {
  using directory = temporaryDirectory()
  const longest = join(directory.path, 'a'.repeat(106 - directory.path.length))
  await using _ = await serveFirecrackerApi({ api: recordingVmm().api, socketPath: longest })
  assert.ok(existsSync(longest))
  const tooLong = serveFirecrackerApi({ api: recordingVmm().api, socketPath: `${longest}b` })
  await assert.rejects(tooLong, (error) => {
    assert.ok(error instanceof SocketPathError)
    assert.equal(error.lengthBytes, 108)
    return true
  })
})

test('the eleventh connection is answered with 503 and closed, the ten others stay', async () => {
  using directory = temporaryDirectory()
  const { server, socketPath } = await served(directory.path)
  await using _ = server
  const open = Array.from({ length: 10 }, () => connect({ path: socketPath }))
  await Promise.all(open.map((socket) => once(socket, 'connect')))
  const refused = await rawExchange(socketPath, '')
  assert.match(refused, /^HTTP\/1\.1 503\r\n/)
  assert.match(refused, /Content-Length: 40\r\n\r\n\{ "error": "Too many open connections" \}$/)
  const [first, second] = open
  second!.end()
  await once(second!.resume(), 'close')
  first!.write('GET /version HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(first!, 'data')
  const request = requestOf('GET /version HTTP/1.1\r\nHost: x')
  assert.match(await rawExchange(socketPath, request, isWhole), /^HTTP\/1\.1 200/)
})

for (const [what, request, reason] of [
  [
    'a body over 51,200 bytes',
    requestOf('PUT /vsock HTTP/1.1\r\nHost: x\r\nContent-Length: 51201'),
    /Request payload with size 51201 is larger than the limit of 51200 allowed by server\./,
  ],
  [
    'a chunked body',
    requestOf(
      'PUT /vsock HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked',
      '2\r\n{}\r\n0\r\n\r\n',
    ),
    /Invalid request\./,
  ],
  [
    'a header line of 1025 bytes',
    requestOf(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(1020)}`),
    /Invalid content length\. Header: X: a+/,
  ],
  [
    'a request line over 1024 bytes',
    requestOf(`GET /${'a'.repeat(1024)} HTTP/1.1\r\nHost: x`),
    /Invalid request\./,
  ],
  ['another verb', requestOf('POST / HTTP/1.1\r\nHost: x'), /Unsupported HTTP method/],
  ['what is not HTTP', 'CONNECT 1024\r\n', /Invalid request\./],
] as const) {
  test(`${what} is answered with 400`, async () => {
    using directory = temporaryDirectory()
    const { server, socketPath, calls } = await served(directory.path)
    await using _ = server
    const answer = await rawExchange(socketPath, request, isWhole)
    assert.match(answer, /^HTTP\/1\.1 400 /)
    assert.match(answer, reason)
    assert.deepEqual(calls, [])
  })
}

test('a header line of 1024 bytes and a body of 51,200 are taken', async () => {
  using directory = temporaryDirectory()
  const { server, socketPath, calls } = await served(directory.path)
  await using _ = server
  const body = '{}'.padEnd(51_200)
  const head = `PUT /entropy HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(1019)}\r\nContent-Length: 51200`
  const answer = await rawExchange(socketPath, requestOf(head, body), isWhole)
  assert.match(answer, /^HTTP\/1\.1 204 \r\n/)
  assert.deepEqual(calls, ['configure entropy'])
})

test('a body without its length is no body', async () => {
  using directory = temporaryDirectory()
  const { server, socketPath } = await served(directory.path)
  await using _ = server
  const answer = await rawExchange(
    socketPath,
    requestOf('PUT /entropy HTTP/1.1\r\nHost: x'),
    isWhole,
  )
  assert.match(answer, /\{"fault_message":"Empty PUT request\."\}$/)
})
