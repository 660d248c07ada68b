import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random } from './support/random.ts'
import { exchange } from './support/raw-socket.ts'
import { openServer } from './support/server-under-test.ts'

const INPUTS = Number(process.env['VULCAN_FUZZ_INPUTS'] ?? 400)
const SEED = process.env['VULCAN_FUZZ_SEED']

const BODY =
  '{"runtime":"python","code":"print(1)","args":["a"],"env":{"A":"b"},"resources":{"cpus":1}}'

/** Requests that are right, to be made wrong. */
const REQUESTS = [
  `POST /v1/workloads?wait=0 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
  `POST /v1/workloads/async HTTP/1.1\r\nHost: a\r\nIdempotency-Key: k\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`,
  'GET /v1/workloads?limit=5&offset=0&status=running&since=2026-01-01T00:00:00Z HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  'GET /v1/workloads?cursor=NQ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  'GET /v1/workloads/ID HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  'DELETE /v1/workloads/01ARZ3NDEKTSV4RRFFQ69G5FAV HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  'GET /v1/workloads/ID/logs?follow=0&stream=stdout&after=1 HTTP/1.1\r\nHost: a\r\nAccept: text/plain;q=0.5\r\nLast-Event-ID: 1\r\nConnection: close\r\n\r\n',
  'GET /v1/workloads/ID/output?stream=stderr HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  'GET /openapi.json HTTP/1.1\r\nHost: a\r\nX-Request-Id: abc\r\nConnection: close\r\n\r\n',
]

/** Random bytes, or a request in which some are random, missing, or there twice. */
function randomInput(random: Random, id: string): Buffer {
  if (random.below(8) === 0) return random.bytes(random.below(400))
  let bytes = Buffer.from(random.one(REQUESTS).replace('ID', id))
  for (let changes = random.below(5); changes > 0; changes -= 1) {
    const at = random.below(bytes.byteLength + 1)
    const end = Math.min(bytes.byteLength, at + random.below(8))
    const put = random.one([
      () => random.bytes(random.below(6)),
      () =>
        Buffer.from(
          random.one(['"', '{', '[', '%', '\r\n', '\0', '-1', '1e999', '__proto__', '🌋']),
        ),
      () => bytes.subarray(at, end + random.below(20)),
    ])()
    bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(end)])
  }
  return bytes
}

test('whatever bytes come, no answer is a failure of the server, and it goes on answering', async (t) => {
  const random = SEED === undefined ? new Random() : new Random(Number(SEED))
  t.diagnostic(`seed ${random.seed}`)
  // What does not come to an end is ended by the limits, so they are short.
  await using api = await openServer({
    limits: { headersMs: 200, requestMs: 400, keepAliveMs: 100, stalledReaderMs: 2_000 },
    engine: { queue: { max: 1_000_000, maxPerOwner: 1_000_000 } },
  })
  const { id, execution } = await api.begin()
  await execution.write('one\ntwo\n')
  execution.exit()
  const statuses = new Map<string, number>()
  for (let left = INPUTS; left > 0; left -= 40) {
    const inputs = Array.from({ length: Math.min(40, left) }, () => randomInput(random, id))
    const answers = await Promise.all(inputs.map((bytes) => exchange(api.port, bytes)))
    for (const [at, answer] of answers.entries()) {
      const shown = `${JSON.stringify(inputs[at]?.toString('latin1'))} → ${answer.slice(0, 300)}`
      if (answer !== '') assert.match(answer, /^HTTP\/1\.1 [1-4]\d\d /, shown)
      const status = answer.slice(9, 12)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
  }
  t.diagnostic([...statuses].map(([status, count]) => `${status || 'none'}: ${count}`).join(', '))
  assert.equal((await api.fetch('/healthz')).status, 200)
  assert.deepEqual(
    api.log.filter((line) => JSON.parse(line).level >= 50),
    [],
  )
  // Both what is right and what is wrong was among it.
  assert.ok(statuses.has('200') && statuses.has('400'))
})
