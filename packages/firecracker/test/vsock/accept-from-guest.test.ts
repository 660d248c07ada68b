import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { acceptFromGuest, SocketPathError, VsockAcceptError } from '../../src/index.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const LONG_MS = 60_000

/** By its other side, with or without a reset. */
function closed(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  socket
    .on('error', () => socket.destroy())
    .on('close', () => resolve())
    .resume()
  return promise
}

test('the socket is named after the port and open to every uid', async () => {
  using directory = temporaryDirectory()
  const udsPath = join(directory.path, 'v.sock')
  await using listener = await acceptFromGuest({ udsPath, port: 1024 })
  assert.equal(listener.path, `${udsPath}_1024`)
  assert.equal(statSync(listener.path).mode & 0o777, 0o666)
})

test('one connection is taken, and the listener is gone', async () => {
  using directory = temporaryDirectory()
  await using listener = await acceptFromGuest({ udsPath: join(directory.path, 'v'), port: 1 })
  connect({ path: listener.path }).end('ready')
  const stream = await listener.accept({ deadlineMs: LONG_MS })
  assert.equal(existsSync(listener.path), false)
  assert.equal(await text(stream), 'ready')
  const [error] = await once(connect({ path: listener.path }), 'error')
  assert.equal(error.code, 'ENOENT')
  stream.destroy()
})

test('what the guest sent before accept is not lost', async () => {
  using directory = temporaryDirectory()
  await using listener = await acceptFromGuest({ udsPath: join(directory.path, 'v'), port: 1 })
  const guest = connect({ path: listener.path })
  await new Promise((sent) => guest.end('early', () => sent(undefined)))
  const stream = await listener.accept({ deadlineMs: LONG_MS })
  assert.equal(await text(stream), 'early')
  stream.destroy()
})

test('of two connections at once, the second is ended', async () => {
  using directory = temporaryDirectory()
  await using listener = await acceptFromGuest({ udsPath: join(directory.path, 'v'), port: 1 })
  const [first, second] = [connect({ path: listener.path }), connect({ path: listener.path })]
  const ended = closed(second)
  const stream = await listener.accept({ deadlineMs: LONG_MS })
  await ended
  first.end('I am the first')
  assert.equal(await text(stream), 'I am the first')
  stream.destroy()
})

test('both sides talk, and the end of writing is not told to the guest', async () => {
  using directory = temporaryDirectory()
  await using listener = await acceptFromGuest({ udsPath: join(directory.path, 'v'), port: 1 })
  const guest = connect({ path: listener.path, allowHalfOpen: true })
  guest.once('data', (chunk) => guest.end(`${chunk} and you`))
  guest.once('end', () => guest.destroy())
  const stream = await listener.accept({ deadlineMs: LONG_MS })
  stream.end('me')
  assert.equal(await text(stream), 'me and you')
})

test('a guest that does not dial ends the wait with the deadline', async () => {
  using directory = temporaryDirectory()
  await using listener = await acceptFromGuest({ udsPath: join(directory.path, 'v'), port: 1 })
  await assert.rejects(listener.accept({ deadlineMs: 20 }), (error) => {
    assert.ok(error instanceof VsockAcceptError)
    assert.equal(error.code, 'vsock_accept_failed')
    assert.equal(error.path, listener.path)
    return true
  })
})

test('an abort ends the wait with its reason', async () => {
  using directory = temporaryDirectory()
  await using listener = await acceptFromGuest({ udsPath: join(directory.path, 'v'), port: 1 })
  const signal = AbortSignal.abort(new Error('enough'))
  await assert.rejects(listener.accept({ deadlineMs: LONG_MS, signal }), { message: 'enough' })
})

test('disposal removes the listener and ends a connection that nobody took', async () => {
  using directory = temporaryDirectory()
  const listener = await acceptFromGuest({ udsPath: join(directory.path, 'v'), port: 1 })
  const guest = connect({ path: listener.path })
  await once(guest, 'connect')
  const ended = closed(guest)
  await listener[Symbol.asyncDispose]()
  await ended
  assert.equal(existsSync(listener.path), false)
})

test('disposal leaves a stream that was taken alone', async () => {
  using directory = temporaryDirectory()
  const listener = await acceptFromGuest({ udsPath: join(directory.path, 'v'), port: 1 })
  const guest = connect({ path: listener.path })
  const stream = await listener.accept({ deadlineMs: LONG_MS })
  await listener[Symbol.asyncDispose]()
  guest.end('still here')
  assert.equal(await text(stream), 'still here')
  stream.destroy()
})

test('a guest that is gone before accept is an ended or failed stream, no crash', async () => {
  using directory = temporaryDirectory()
  await using listener = await acceptFromGuest({ udsPath: join(directory.path, 'v'), port: 1 })
  const guest = connect({ path: listener.path })
  await once(guest, 'connect')
  guest.destroy()
  await once(guest, 'close')
  const stream = await listener.accept({ deadlineMs: LONG_MS })
  assert.equal(await text(stream), '')
  stream.destroy()
})

test('a path that exists or does not fit is refused', async () => {
  using directory = temporaryDirectory()
  const udsPath = join(directory.path, 'v')
  writeFileSync(`${udsPath}_1`, '')
  await assert.rejects(acceptFromGuest({ udsPath, port: 1 }), { reason: 'exists' })
  const tooLong = acceptFromGuest({ udsPath: `/${'a'.repeat(105)}`, port: 1 })
  await assert.rejects(tooLong, SocketPathError)
})
