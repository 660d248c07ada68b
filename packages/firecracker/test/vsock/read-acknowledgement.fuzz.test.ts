import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { readAcknowledgement } from '../../src/vsock/read-acknowledgement.ts'
import { cut, fuzz, mutateBytes } from '../../testing/index.ts'

/** What the bytes say, however they were cut. */
function expected(bytes: Buffer): { outcome: 'taken' | 'closed' | 'nonsense'; rest: Buffer } {
  const [line = ''] = /^OK \d{1,10}\n/.exec(bytes.toString('latin1')) ?? []
  const isShort = bytes.length < 32 && !bytes.includes('\n')
  const outcome = line !== '' ? 'taken' : isShort ? 'closed' : 'nonsense'
  return { outcome, rest: bytes.subarray(line.length) }
}

test('whatever follows CONNECT is taken, closed or nonsense, and nothing of the guest is lost', async (t) => {
  await fuzz(t, async (random) => {
    const line = `OK ${random.below(2 ** 32)}\n`
    const bytes = mutateBytes(
      random,
      Buffer.concat([Buffer.from(line), random.bytes(random.below(60))]),
    )
    const socket = new PassThrough()
    const acknowledged = readAcknowledgement(socket)
    for (const piece of cut(random, bytes)) socket.write(piece)
    socket.end()
    const outcome = await acknowledged
    const { outcome: kind, rest } = expected(bytes)
    if (typeof outcome === 'string') {
      assert.equal(outcome, kind)
      return
    }
    assert.equal(kind, 'taken')
    assert.deepEqual(Buffer.concat([outcome, ...(await socket.toArray())]), rest)
  })
})
