import assert from 'node:assert/strict'
import { FirecrackerClient } from '@vulcan/firecracker'
import type { Case } from '../case.ts'
import {
  ANSWER_DEADLINE_MS,
  exchange,
  NoAnswerError,
  type RawAnswer,
  RawConnection,
  request,
} from '../raw-http.ts'
import type { VmmUnderCase } from '../vmms/vmm.ts'

const CONNECTIONS_MAX = 10
const LINE_BYTES_MAX = 1024
const BODY_BYTES_MAX = 51_200
const NO_METHOD = 'Invalid HTTP Method: Unsupported HTTP method.'
const MACHINE = '{"vcpu_count":1,"mem_size_mib":128}'
const DONE_HEAD = 'HTTP/1.1 204 \r\nServer: Firecracker API\r\nConnection: keep-alive\r\n\r\n'
const CONTINUE_HEAD = DONE_HEAD.replace('204', '100')

/** Firecracker's HTTP server itself (micro_http): before a request is anybody's. */
export const transportCases: readonly Case[] = [
  {
    name: 'an answer with a body has exactly these headers',
    run: (vmm) =>
      onConnection(vmm, async (connection) => {
        connection.send(request('GET /version'))
        const { head, body } = await connection.answer()
        assert.equal(head, headWithBody('200', body))
      }),
  },
  {
    name: 'an answer without a body has no length',
    async run(vmm) {
      const { socketPath } = await vmm.start()
      const { head, body } = await exchange(socketPath, request('PUT /machine-config', MACHINE))
      assert.equal(head + body, DONE_HEAD)
    },
  },
  {
    name: 'a refusal has the headers of an answer with a body',
    run: (vmm) =>
      onConnection(vmm, async (connection) => {
        connection.send(request('GET /nowhere'))
        const { head, body } = await connection.answer()
        assert.equal(head, headWithBody('400', body))
      }),
  },
  ...['POST', 'HEAD', 'OPTIONS', 'get', 'TRACE'].map((method) =>
    unreadable(`the method ${method} is none`, `${method} / HTTP/1.1\r\n\r\n`, NO_METHOD),
  ),
  unreadable(
    'a later version of HTTP is none',
    'GET / HTTP/2.0\r\n\r\n',
    'Invalid HTTP Version: Unsupported HTTP version.',
  ),
  unreadable('a request line without spaces is invalid', 'nonsense\r\n\r\n', 'Invalid request.'),
  unreadable('a request line without a version is invalid', 'GET /\r\n\r\n', 'Invalid request.'),
  unreadable(
    'an empty URI is refused',
    'GET  HTTP/1.1\r\n\r\n',
    'Invalid URI: Empty URI not allowed.',
  ),
  unreadable(
    'a header without a colon is refused',
    'GET / HTTP/1.1\r\nnonsense\r\n\r\n',
    'Invalid header. Reason: Header is incorrectly formatted. Key: nonsense',
  ),
  unreadable(
    'a length that is no number is refused',
    'PUT /vsock HTTP/1.1\r\nContent-Length: many\r\n\r\n',
    'Invalid header. Reason: Invalid value. Key:Content-Length; Value: many',
  ),
  unreadable(
    'a negative length is refused',
    'PUT /vsock HTTP/1.1\r\nContent-Length: -1\r\n\r\n',
    'Invalid header. Reason: Invalid value. Key:Content-Length; Value: -1',
  ),
  unreadable(
    'a body over the limit is refused before it comes',
    `PUT /vsock HTTP/1.1\r\nContent-Length: ${BODY_BYTES_MAX + 1}\r\n\r\n`,
    `Request payload with size ${BODY_BYTES_MAX + 1} is larger than the limit of ${BODY_BYTES_MAX} allowed by server.`,
  ),
  unreadable(
    'an encoding that excludes the plain one is refused',
    'GET / HTTP/1.1\r\nAccept-Encoding: identity;q=0\r\n\r\n',
    'Invalid header. Reason: Invalid value. Key:Accept-Encoding; Value:identity;q=0',
  ),
  unreadable(
    'a request line over 1024 bytes is refused',
    `GET /${'x'.repeat(LINE_BYTES_MAX)} HTTP/1.1\r\n\r\n`,
    'Invalid request.',
  ),
  unreadable(
    'a header line over 1024 bytes is refused',
    `GET / HTTP/1.1\r\nX: ${'x'.repeat(2 * LINE_BYTES_MAX)}\r\n\r\n`,
    /^Invalid header\. Reason: Invalid content length\. Header: X: x+/,
  ),
  {
    name: 'a header line of 1024 bytes with its line end is read',
    run: (vmm) =>
      onConnection(vmm, async (connection) => {
        const line = `X: ${'x'.repeat(LINE_BYTES_MAX - 5)}\r\n`
        connection.send(`GET / HTTP/1.1\r\n`)
        connection.send(line)
        connection.send('\r\n')
        assert.equal((await connection.answer()).status, 200)
      }),
  },
  {
    name: 'a body of 51,200 bytes is read',
    async run(vmm) {
      const { socketPath } = await vmm.start()
      const body = MACHINE.padEnd(BODY_BYTES_MAX)
      const { status } = await exchange(socketPath, request('PUT /machine-config', body))
      assert.equal(status, 204)
    },
  },
  {
    name: 'a body over the limit, sent in full, leaves nothing to later calls of the library',
    async run(vmm) {
      const { socketPath } = await vmm.start()
      using client = new FirecrackerClient(socketPath)
      const metadata = { text: 'x'.repeat(4 * BODY_BYTES_MAX) }
      for (let round = 0; round < 3; round += 1) {
        await assert.rejects(client.putMetadata(metadata), {
          code: 'vmm_api_fault',
          faultMessage: /larger than the limit of 51200/,
        })
        assert.equal(await client.version(), '1.16.1')
      }
      await client.putMachineConfig({ vcpuCount: 1, memSizeMib: 128 })
      assert.equal((await client.machineConfig()).memSizeMib, 128)
    },
  },
  {
    name: 'HTTP/1.0 is read, and answered as 1.1 with the connection kept',
    run: (vmm) =>
      onConnection(vmm, async (connection) => {
        for (let round = 0; round < 2; round += 1) {
          connection.send('GET / HTTP/1.0\r\n\r\n')
          const { head } = await connection.answer()
          assert.match(head, /^HTTP\/1\.1 200 \r\n.*Connection: keep-alive\r\n/s)
        }
      }),
  },
  {
    name: 'a request without any header is read',
    run: (vmm) =>
      onConnection(vmm, async (connection) => {
        connection.send('GET /version HTTP/1.1\r\n\r\n')
        assert.equal((await connection.answer()).status, 200)
      }),
  },
  {
    name: 'Connection: close is not heeded',
    run: (vmm) =>
      onConnection(vmm, async (connection) => {
        for (let round = 0; round < 2; round += 1) {
          connection.send('GET / HTTP/1.1\r\nConnection: close\r\n\r\n')
          assert.match((await connection.answer()).head, /\r\nConnection: keep-alive\r\n/)
        }
      }),
  },
  {
    name: 'an absolute URI is read',
    run: (vmm) =>
      onConnection(vmm, async (connection) => {
        connection.send('GET http://localhost/version HTTP/1.1\r\n\r\n')
        assert.deepEqual(JSON.parse((await connection.answer()).body), {
          firecracker_version: '1.16.1',
        })
      }),
  },
  {
    name: 'requests that come in one piece are answered in order',
    run: (vmm) =>
      onConnection(vmm, async (connection) => {
        connection.send(request('GET /version') + request('GET /nowhere') + request('GET /'))
        const statuses = [await connection.answer(), await connection.answer()]
        assert.deepEqual(
          statuses.map(({ status }) => status),
          [200, 400],
        )
        assert.equal(JSON.parse((await connection.answer()).body).state, 'Not started')
      }),
  },
  {
    name: 'a request that comes byte by byte is read',
    run: (vmm) =>
      onConnection(vmm, async (connection) => {
        for (const byte of request('GET /version')) connection.send(byte)
        assert.equal((await connection.answer()).status, 200)
      }),
  },
  {
    name: 'a body that comes after its headers is waited for',
    async run(vmm) {
      const { socketPath } = await vmm.start()
      using connection = await RawConnection.open(socketPath)
      const [head = '', body = ''] = request('PUT /machine-config', MACHINE).split(/(?<=\r\n\r\n)/)
      connection.send(head)
      await exchange(socketPath, request('GET /'))
      connection.send(body)
      assert.equal((await connection.answer()).status, 204)
    },
  },
  {
    name: 'Expect: 100-continue is answered before the body comes',
    async run(vmm) {
      const { socketPath } = await vmm.start()
      using connection = await RawConnection.open(socketPath)
      connection.send(
        `PUT /machine-config HTTP/1.1\r\nContent-Length: ${MACHINE.length}\r\nExpect: 100-continue\r\n\r\n`,
      )
      assert.equal((await connection.answer()).head, CONTINUE_HEAD)
      connection.send(MACHINE)
      assert.equal((await connection.answer()).head, DONE_HEAD)
    },
  },
  {
    name: 'a chunked body is none',
    run: (vmm) =>
      onConnection(vmm, async (connection) => {
        connection.send('PUT /vsock HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n')
        const { status, body } = await connection.answer()
        assert.deepEqual([status, JSON.parse(body)], [400, { fault_message: 'Empty PUT request.' }])
      }),
  },
  {
    name: 'a connection outlives a request that cannot be read',
    run: (vmm) =>
      onConnection(vmm, async (connection) => {
        connection.send('POST / HTTP/1.1\r\n\r\n')
        assert.equal((await connection.answer()).status, 400)
        connection.send(request('GET /'))
        assert.equal((await connection.answer()).status, 200)
      }),
  },
  {
    name: 'the eleventh connection is told so and closed, and another end makes room',
    run: manyConnections,
  },
  {
    name: 'a client that ends its side is closed without an answer',
    run: (vmm) =>
      onConnection(vmm, async (connection) => {
        connection.send('GET / HTTP/1.1\r\n')
        connection.endSending()
        assert.equal(await connection.untilEnd(), '')
      }),
  },
]

async function manyConnections(vmm: VmmUnderCase): Promise<void> {
  const { socketPath } = await vmm.start()
  using stack = new DisposableStack()
  for (let count = 0; count < CONNECTIONS_MAX; count += 1) {
    const connection = stack.use(await RawConnection.open(socketPath))
    connection.send(request('GET /'))
    assert.equal((await connection.answer()).status, 200)
  }
  using surplus = await RawConnection.open(socketPath)
  assert.equal(
    await surplus.untilEnd(),
    'HTTP/1.1 503\r\nServer: Firecracker API\r\nConnection: close\r\nContent-Length: 40\r\n\r\n{ "error": "Too many open connections" }',
  )
  stack.dispose()
  const signal = AbortSignal.timeout(ANSWER_DEADLINE_MS)
  // Nothing tells when the server has noticed.
  while (!(await isServed(socketPath))) signal.throwIfAborted()
}

/** One that is turned away may be closed before it has sent its request. */
async function isServed(socketPath: string): Promise<boolean> {
  try {
    return (await exchange(socketPath, request('GET /'))).status === 200
  } catch (error) {
    if (error instanceof NoAnswerError) return false
    throw error
  }
}

/** What the server cannot make a request of: it says why, in its own words and form. */
function unreadable(name: string, bytes: string, reason: string | RegExp): Case {
  return {
    name,
    run: (vmm) =>
      onConnection(vmm, async (connection) => {
        connection.send(bytes)
        const answer = await connection.answer()
        assert.equal(answer.status, 400, answer.body)
        checkReason(answer, reason)
      }),
  }
}

function checkReason({ body }: RawAnswer, reason: string | RegExp): void {
  const [, words] =
    /^\{ "error": "(.*)\nAll previous unanswered requests will be dropped." \}$/s.exec(body) ?? []
  assert.ok(words !== undefined, `no transport error: ${body}`)
  if (typeof reason === 'string') assert.equal(words, reason)
  else assert.match(words, reason)
}

function headWithBody(status: string, body: string): string {
  return `HTTP/1.1 ${status} \r\nServer: Firecracker API\r\nConnection: keep-alive\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`
}

async function onConnection(
  vmm: VmmUnderCase,
  work: (connection: RawConnection) => Promise<void>,
): Promise<void> {
  const { socketPath } = await vmm.untouched()
  using connection = await RawConnection.open(socketPath)
  await work(connection)
}
