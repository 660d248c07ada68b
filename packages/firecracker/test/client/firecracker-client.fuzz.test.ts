import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ApiFaultError, ApiResponseError, ApiUnreachableError } from '../../src/client/errors.ts'
import { FirecrackerClient } from '../../src/client/firecracker-client.ts'
import { cut, fuzz, mutateBytes, mutateJson, type Random } from '../../testing/index.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const BODIES = [
  { id: 'vm', state: 'Running', vmm_version: '1.16.1', app_name: 'Firecracker' },
  { fault_message: 'no' },
  { vcpu_count: 1, mem_size_mib: 512, smt: false, track_dirty_pages: false },
]
const HEADS = [
  'HTTP/1.1 200 \r\nServer: Firecracker API\r\nConnection: keep-alive\r\n',
  'HTTP/1.1 204 \r\nServer: Firecracker API\r\n',
  'HTTP/1.1 400 \r\nContent-Type: application/json\r\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n',
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n',
  'HTTP/1.0 302 Found\r\nLocation: /\r\n',
]

function answer(random: Random): Buffer {
  const body = JSON.stringify(mutateJson(random, random.pick(BODIES)))
  const length = random.oneIn(8) ? random.below(2 ** 32) : Buffer.byteLength(body)
  const text = `${random.pick(HEADS)}Content-Length: ${length}\r\n\r\n${body}`
  return mutateBytes(random, Buffer.from(text))
}

/** A VMM that a guest has taken over: whatever it is asked, it sends these pieces and hangs up. */
async function takenOver(t: TestContext, pieces: () => readonly Buffer[]): Promise<string> {
  const directory = temporaryDirectory()
  t.after(() => directory[Symbol.dispose]())
  const path = join(directory.path, 'api.sock')
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.once('data', () => {
      for (const piece of pieces()) socket.write(piece)
      socket.end()
    })
  })
  server.listen(path)
  await once(server, 'listening')
  t.after(() => server.close())
  return path
}

test('whatever a VMM answers is what was asked for, or an error that says what is wrong', async (t) => {
  let pieces: readonly Buffer[] = []
  const client = new FirecrackerClient(await takenOver(t, () => pieces))
  t.after(() => client[Symbol.dispose]())
  await fuzz(t, async (random) => {
    pieces = cut(random, answer(random))
    try {
      const { vmmVersion } = await client.instanceInfo()
      assert.equal(typeof vmmVersion, 'string')
    } catch (error) {
      const known = [ApiFaultError, ApiResponseError, ApiUnreachableError]
      if (!known.some((kind) => error instanceof kind)) throw error
    }
  })
})
