import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { connectToGuest, SocketPathError, VsockConnectError } from '../../src/index.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const LONG_MS = 60_000

/** The VMM's side of a vsock: `behave` gets each connection and how often one came before. */
async function hybridVsock(
  directory: string,
  behave: (socket: Socket, index: number) => void,
): Promise<AsyncDisposable & { readonly udsPath: string; readonly connections: () => number }> {
  const udsPath = join(directory, 'v.sock')
  const sockets: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    sockets.push(socket)
    behave(socket, sockets.length - 1)
  })
  server.listen({ path: udsPath })
  await once(server, 'listening')
  return {
    udsPath,
    connections: () => sockets.length,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Answers CONNECT with `answer`. */
const answering = (answer: string) => (socket: Socket) => {
  socket.once('data', () => socket.write(answer))
}

/** Enough turns of the event loop for all that is already under way. */
async function letTheServerRun(udsPath: string): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) {
    const stream = await connectToGuest({ udsPath, port: 1, deadlineMs: LONG_MS })
    stream.destroy()
  }
}

test('CONNECT comes in one write, and after OK both sides talk', async () => {
  using directory = temporaryDirectory()
  const first = Promise.withResolvers<string>()
  await using vsock = await hybridVsock(directory.path, (socket) => {
    socket.once('data', (chunk) => {
      first.resolve(chunk.toString())
      socket.write('OK 1073741824\n')
      socket.on('data', (echo) => socket.end(echo))
    })
  })
  const stream = await connectToGuest({ ...vsock, port: 1024, deadlineMs: LONG_MS })
  assert.equal(await first.promise, 'CONNECT 1024\n')
  stream.write('hello')
  assert.equal(await text(stream), 'hello')
  stream.destroy()
})

test('bytes that come with OK are the first that are read', async () => {
  using directory = temporaryDirectory()
  await using vsock = await hybridVsock(directory.path, (socket) => {
    socket.once('data', () => socket.end('OK 5\n\nab'))
  })
  const stream = await connectToGuest({ ...vsock, port: 1, deadlineMs: LONG_MS })
  assert.equal(await text(stream), '\nab')
  stream.destroy()
})

test('OK may come byte by byte', async () => {
  using directory = temporaryDirectory()
  await using vsock = await hybridVsock(directory.path, (socket) => {
    socket.once('data', async () => {
      for (const byte of 'OK 12\n') await new Promise((done) => socket.write(byte, done))
      socket.end('x')
    })
  })
  const stream = await connectToGuest({ ...vsock, port: 1, deadlineMs: LONG_MS })
  assert.equal(await text(stream), 'x')
  stream.destroy()
})

test('the end of writing is not told to the guest, whose reply still comes', async () => {
  using directory = temporaryDirectory()
  const guest = Promise.withResolvers<Socket>()
  await using vsock = await hybridVsock(directory.path, (socket, index) => {
    if (index === 0) guest.resolve(socket)
    socket.on('end', () => socket.end('half-closed'))
    answering('OK 5\n')(socket)
  })
  const stream = await connectToGuest({ ...vsock, port: 1, deadlineMs: LONG_MS })
  stream.end('request')
  await once(stream, 'finish')
  await letTheServerRun(vsock.udsPath)
  ;(await guest.promise).end('reply')
  assert.equal(await text(stream), 'reply')
})

test('the host may write after the guest has ended its side', async () => {
  using directory = temporaryDirectory()
  const received = Promise.withResolvers<string>()
  await using vsock = await hybridVsock(directory.path, (socket) => {
    socket.once('data', () => {
      socket.end('OK 5\nlast words')
      socket.once('data', (chunk) => received.resolve(chunk.toString()))
    })
  })
  const stream = await connectToGuest({ ...vsock, port: 1, deadlineMs: LONG_MS })
  await once(stream.resume(), 'end')
  stream.write('understood')
  assert.equal(await received.promise, 'understood')
  stream.destroy()
})

test('destroying the stream ends the connection', async () => {
  using directory = temporaryDirectory()
  const ended = Promise.withResolvers<void>()
  await using vsock = await hybridVsock(directory.path, (socket) => {
    answering('OK 5\n')(socket)
    socket.on('end', () => ended.resolve())
  })
  const stream = await connectToGuest({ ...vsock, port: 1, deadlineMs: LONG_MS })
  stream.destroy()
  await ended.promise
})

test('a guest that sends faster than it is read is held back', async () => {
  using directory = temporaryDirectory()
  const full = Promise.withResolvers<void>()
  const sentBytes = 8 * 1024 * 1024
  await using vsock = await hybridVsock(directory.path, (socket, index) => {
    socket.once('data', () => {
      socket.write('OK 5\n')
      if (index > 0) return
      if (!socket.write(Buffer.alloc(sentBytes, 'x'))) full.resolve()
      socket.end()
    })
  })
  const stream = await connectToGuest({ ...vsock, port: 1, deadlineMs: LONG_MS })
  await full.promise
  await once(stream, 'readable')
  await letTheServerRun(vsock.udsPath)
  assert.ok(stream.readableLength < 1024 * 1024)
  assert.equal((await text(stream)).length, sentBytes)
  stream.destroy()
})

for (const [what, behave, reason, retryable] of [
  ['an end before OK', (socket: Socket) => void socket.end(), 'closed', true],
  ['a reset', (socket: Socket) => void socket.pause().destroy(), 'closed', true],
  ['an end within OK', (socket: Socket) => void socket.end('OK 1'), 'closed', true],
  ['another answer', answering('NO 1\n'), 'nonsense', false],
  ['OK without a port', answering('OK\n'), 'nonsense', false],
  ['a line without end', answering('OK 1'.padEnd(33, '0')), 'nonsense', false],
] as const) {
  test(`${what} is an error: ${reason}`, async () => {
    using directory = temporaryDirectory()
    await using vsock = await hybridVsock(directory.path, behave)
    await assert.rejects(connectToGuest({ ...vsock, port: 7, deadlineMs: LONG_MS }), (error) => {
      assert.ok(error instanceof VsockConnectError)
      const { code, port, udsPath } = error
      assert.deepEqual(
        { code, port, udsPath, reason: error.reason, retryable: error.retryable },
        { code: 'vsock_connect_failed', port: 7, udsPath: vsock.udsPath, reason, retryable },
      )
      return true
    })
  })
}

test('silence ends with the deadline', async () => {
  using directory = temporaryDirectory()
  await using vsock = await hybridVsock(directory.path, () => undefined)
  await assert.rejects(connectToGuest({ ...vsock, port: 1, deadlineMs: 50 }), {
    reason: 'silent',
    retryable: true,
  })
})

test('a socket that is missing is unreachable', async () => {
  const missing = connectToGuest({ udsPath: '/nowhere/v.sock', port: 1, deadlineMs: LONG_MS })
  await assert.rejects(missing, { reason: 'unreachable', retryable: true })
})

test('with retries, a guest that comes up later is reached', async () => {
  using directory = temporaryDirectory()
  await using vsock = await hybridVsock(directory.path, (socket, index) => {
    if (index < 3) socket.end()
    else answering('OK 5\n')(socket)
  })
  const stream = await connectToGuest({ ...vsock, port: 1, deadlineMs: LONG_MS, retryEveryMs: 1 })
  assert.equal(vsock.connections(), 4)
  stream.destroy()
})

test('with retries, the deadline ends them with the last failure', async () => {
  using directory = temporaryDirectory()
  await using vsock = await hybridVsock(directory.path, (socket) => void socket.end())
  const connecting = connectToGuest({ ...vsock, port: 1, deadlineMs: 100, retryEveryMs: 10 })
  await assert.rejects(connecting, VsockConnectError)
  assert.ok(vsock.connections() > 1)
})

test('nonsense is not retried', async () => {
  using directory = temporaryDirectory()
  await using vsock = await hybridVsock(directory.path, answering('NO\n'))
  const connecting = connectToGuest({ ...vsock, port: 1, deadlineMs: LONG_MS, retryEveryMs: 1 })
  await assert.rejects(connecting, { reason: 'nonsense' })
  assert.equal(vsock.connections(), 1)
})

for (const retryEveryMs of [undefined, LONG_MS]) {
  test(`an abort ends the attempt with its reason (retryEveryMs: ${retryEveryMs})`, async () => {
    using directory = temporaryDirectory()
    const abort = new AbortController()
    const reason = new Error('enough')
    await using vsock = await hybridVsock(directory.path, (socket) => {
      if (retryEveryMs === undefined) abort.abort(reason)
      else socket.end(() => setImmediate(() => abort.abort(reason)))
    })
    const options = { ...vsock, port: 1, deadlineMs: LONG_MS, signal: abort.signal }
    const connecting = connectToGuest(retryEveryMs ? { ...options, retryEveryMs } : options)
    await assert.rejects(connecting, reason)
  })
}

test('a path that does not fit is refused at once', async () => {
  const udsPath = `/${'a'.repeat(107)}`
  await assert.rejects(connectToGuest({ udsPath, port: 1, deadlineMs: LONG_MS }), SocketPathError)
})
