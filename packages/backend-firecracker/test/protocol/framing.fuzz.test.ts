import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { cut, fuzz, mutateBytes, mutateJson, type Random } from '@vulcan/firecracker/testing'
import { ProtocolError } from '../../src/protocol/errors.ts'
import { MessageReader } from '../../src/protocol/framing.ts'

const MAX_BYTES = 4096
const MESSAGE = { type: 'output', stream: 'stdout', data: 'aGVsbG8=', more: [1, { a: null }] }

function frame(random: Random): Buffer {
  const json = Buffer.from(JSON.stringify(mutateJson(random, MESSAGE)))
  const body = random.oneIn(3) ? mutateBytes(random, json) : json
  const header = Buffer.alloc(4)
  header.writeUInt32BE(random.oneIn(10) ? random.below(2 ** 32) : body.length)
  return Buffer.concat([header, body])
}

/** The messages of a stream and what is wrong after them, read all at once. */
function decode(bytes: Buffer): { messages: unknown[]; fault: string | undefined } {
  const messages: unknown[] = []
  for (let at = 0; at < bytes.length; ) {
    if (at + 4 > bytes.length) return { messages, fault: 'message_truncated' }
    const length = bytes.readUInt32BE(at)
    if (length === 0) return { messages, fault: 'message_empty' }
    if (length > MAX_BYTES) return { messages, fault: 'message_too_large' }
    at += 4 + length
    if (at > bytes.length) return { messages, fault: 'message_truncated' }
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(at - length, at))
      messages.push(JSON.parse(text))
    } catch {
      return { messages, fault: 'message_not_json' }
    }
  }
  return { messages, fault: undefined }
}

async function readAll(reader: MessageReader): Promise<ReturnType<typeof decode>> {
  const messages: unknown[] = []
  try {
    for (;;) {
      const message = await reader.next()
      if (message === undefined) return { messages, fault: undefined }
      messages.push(message)
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return { messages, fault: error.code }
  }
}

test('a stream in pieces gives the messages and the fault that it has as a whole', async (t) => {
  await fuzz(t, async (random) => {
    const whole = Buffer.concat(Array.from({ length: random.below(4) }, () => frame(random)))
    const bytes = random.oneIn(4) ? mutateBytes(random, whole) : whole
    const stream = new PassThrough()
    for (const piece of cut(random, bytes)) stream.write(piece)
    stream.end()
    const found = await readAll(new MessageReader(stream, MAX_BYTES))
    const expected = decode(bytes)
    assert.equal(found.fault, expected.fault)
    assert.equal(JSON.stringify(found.messages), JSON.stringify(expected.messages))
  })
})
