import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import fc from 'fast-check'
import { ProtocolError } from '../../src/protocol/errors.ts'
import { MessageReader, readMessage, writeMessage } from '../../src/protocol/framing.ts'

function frame(body: string | Uint8Array): Buffer {
  const bytes = Buffer.from(body)
  const header = Buffer.alloc(4)
  header.writeUInt32BE(bytes.byteLength)
  return Buffer.concat([header, bytes])
}

function streamOf(...chunks: Uint8Array[]): PassThrough {
  const stream = new PassThrough()
  for (const chunk of chunks) stream.write(chunk)
  stream.end()
  return stream
}

const failsWith = (code: string) => (error: unknown) =>
  error instanceof ProtocolError && error.code === code

test('what is written comes back, in whatever pieces it arrives', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.jsonValue(), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 7 }),
      async (messages, pieceBytes) => {
        const wire = new PassThrough({ highWaterMark: 1 << 20 })
        for (const message of messages) await writeMessage(wire, message)
        wire.end()
        const bytes = Buffer.concat(await wire.toArray())
        const pieces = []
        for (let at = 0; at < bytes.length; at += pieceBytes) {
          pieces.push(bytes.subarray(at, at + pieceBytes))
        }
        const reader = new MessageReader(streamOf(...pieces))
        for (const message of messages) {
          assert.equal(JSON.stringify(await reader.next()), JSON.stringify(message))
        }
        assert.equal(await reader.next(), undefined)
      },
    ),
    { numRuns: 50 },
  )
})

test('several messages in one read are given one by one', async () => {
  const reader = new MessageReader(streamOf(Buffer.concat([frame('1'), frame('"two"')])))
  assert.equal(await readMessage(reader), 1)
  assert.equal(await readMessage(reader), 'two')
})

test('a length of zero is refused', async () => {
  await assert.rejects(new MessageReader(streamOf(frame(''))).next(), failsWith('message_empty'))
})

test('a length over the limit is refused before its bytes arrive', async () => {
  const stream = new PassThrough()
  stream.write(Buffer.from([0xff, 0xff, 0xff, 0xff]))
  await assert.rejects(new MessageReader(stream).next(), failsWith('message_too_large'))
})

test('a stream that ends inside a message is a truncated message', async () => {
  const whole = frame('{"type":"ready"}')
  for (const kept of [1, 4, whole.length - 1]) {
    const reader = new MessageReader(streamOf(whole.subarray(0, kept)))
    await assert.rejects(reader.next(), failsWith('message_truncated'))
  }
})

test('a stream that ends where a message must come is a truncated message', async () => {
  await assert.rejects(readMessage(new MessageReader(streamOf())), failsWith('message_truncated'))
})

test('bytes that are no JSON or no UTF-8 are refused', async () => {
  for (const body of ['{', 'NaN', Uint8Array.of(0x22, 0xff, 0x22)]) {
    const reader = new MessageReader(streamOf(frame(body)))
    await assert.rejects(reader.next(), failsWith('message_not_json'))
  }
})

test('JSON as deep as a message can hold is read without harm', async () => {
  const depth = 30_000
  const reader = new MessageReader(streamOf(frame('['.repeat(depth) + ']'.repeat(depth))))
  assert.ok(Array.isArray(await reader.next()))
})

test('a message over the limit is not written at all', async () => {
  const stream = new PassThrough()
  await assert.rejects(writeMessage(stream, 'x'.repeat(100), 50), failsWith('message_too_large'))
  assert.equal(stream.readableLength, 0)
})

test('nothing is read ahead of the message that is asked for', async () => {
  const stream = new PassThrough({ highWaterMark: 16 * 1024 })
  const reader = new MessageReader(stream)
  stream.write(frame('1'))
  assert.equal(await reader.next(), 1)
  let taken = true
  for (let written = 0; written < 64 && taken; written += 1)
    taken = stream.write(frame('2'.repeat(1024)))
  assert.equal(taken, false)
})
