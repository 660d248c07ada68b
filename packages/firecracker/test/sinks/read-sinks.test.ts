import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chownSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { type LogEvent, readLog, readMetrics, SinkError } from '../../src/index.ts'
import { FakeFirecracker } from '../../testing/index.ts'
import { fakeMachine } from '../support/fake-machine.ts'
import { bootFiles } from '../support/recording-vmm.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const LINE =
  '2026-11-22T04:55:50.518838645 [vm-1:fc_vcpu 0:WARN:src/vmm/src/lib.rs:457] it: happens'

async function all<Value>(iterable: AsyncIterable<Value>): Promise<Value[]> {
  return Array.fromAsync(iterable)
}

function fifoIn(directory: string, name: string): string {
  const path = join(directory, name)
  execFileSync('mkfifo', [path])
  return path
}

test('a VMM is followed through two FIFOs from its first call to its end', async () => {
  using directory = temporaryDirectory()
  await using fake = new FakeFirecracker()
  const logPath = fifoIn(directory.path, 'log')
  const metricsPath = fifoIn(directory.path, 'metrics')
  const log = all(readLog({ path: logPath }))
  const metrics = all(readMetrics({ path: metricsPath }))
  {
    await using vmm = await fakeMachine(fake, directory.path)
    await vmm.machine.configure({
      bootSource: { kernelImagePath: bootFiles(directory.path).bootSource.kernel_image_path },
      logger: { logPath, showLevel: true },
      metrics: { metricsPath },
    })
    await vmm.machine.start()
    await vmm.machine.flushMetrics()
    await vmm.client.instanceInfo()
    await vmm.machine.flushMetrics()
  }
  const messages = (await log).map((event) => {
    assert.equal(event.kind, 'log')
    const { level, thread, message } = event as LogEvent
    return `${thread} ${level}: ${message}`
  })
  assert.deepEqual(messages.slice(0, 2), [
    'fc_api INFO: The API server received a request: PUT /metrics.',
    'fc_api INFO: The API server received a request: PUT /boot-source.',
  ])
  const counts = (await metrics).map((event) => {
    return event.kind === 'metrics' && event.values.get('get_api_requests.instance_info_count')
  })
  assert.deepEqual(counts, [0, 1])
})

test('a line of the log is taken apart', async () => {
  using directory = temporaryDirectory()
  const path = join(directory.path, 'log')
  writeFileSync(path, `${LINE}\n2026-11-22T04:55:50.518838645 [a:main] \u001b[2Jhello`)
  const common = { kind: 'log', time: '2026-11-22T04:55:50.518838645' }
  assert.deepEqual(await all(readLog({ path })), [
    {
      ...common,
      vmId: 'vm-1',
      thread: 'fc_vcpu 0',
      level: 'WARN',
      origin: { file: 'src/vmm/src/lib.rs', line: 457 },
      message: 'it: happens',
    },
    {
      ...common,
      vmId: 'a',
      thread: 'main',
      level: undefined,
      origin: undefined,
      message: '\u{fffd}[2Jhello',
    },
  ])
})

test('what is no log line, and what is too long, is told and not kept', async () => {
  using directory = temporaryDirectory()
  const path = join(directory.path, 'log')
  writeFileSync(path, `nonsense\u0007\n${'a'.repeat(101)}\n\n${LINE}\n${'b'.repeat(1_000_000)}`)
  const events = await all(readLog({ path, lineBytesMax: 100 }))
  assert.deepEqual(
    events.map((event) => ('reason' in event ? `${event.reason}: ${event.text}` : event.kind)),
    ['malformed: nonsense\u{fffd}', 'too_long: ', 'malformed: ', 'log', 'too_long: '],
  )
})

test('metrics are numbers by name, whatever else is in their line', async () => {
  using directory = temporaryDirectory()
  const path = join(directory.path, 'metrics')
  const good = {
    utc_timestamp_ms: 5,
    block_a: { read_agg: { max_us: 7, deeper: { no: 1 } }, name: 'text' },
    __proto: { count: 1 },
    'a.b': { c: 1 },
    id: 'vm-1',
    none: null,
  }
  writeFileSync(path, `${JSON.stringify(good)}\n[]\n{}\n{"utc_timestamp_ms":"5"}\n{`)
  const [first, ...rest] = await all(readMetrics({ path }))
  assert.ok(first?.kind === 'metrics')
  assert.equal(first.utcTimestampMs, 5)
  assert.deepEqual(
    [...first.values],
    [
      ['block_a.read_agg.max_us', 7],
      ['__proto.count', 1],
    ],
  )
  assert.deepEqual(
    rest.map((event) => ('reason' in event ? event.reason : event.kind)),
    ['malformed', 'malformed', 'malformed', 'malformed'],
  )
})

test('a slow reader gets the newest events, and how many it missed', async () => {
  using directory = temporaryDirectory()
  const path = join(directory.path, 'log')
  writeFileSync(path, Array.from({ length: 10 }, (_, index) => `${LINE} ${index}\n`).join(''))
  const events = await all(readLog({ path, keptMax: 3 }))
  const told = events.map((event) => {
    if (event.kind === 'dropped') return event.count
    return event.kind === 'log' ? event.message : event.kind
  })
  assert.deepEqual(told, [7, 'it: happens 7', 'it: happens 8', 'it: happens 9'])
})

test('an abort ends the wait for a VMM that says nothing, with its reason', async () => {
  using directory = temporaryDirectory()
  const abort = new AbortController()
  const log = all(readLog({ path: fifoIn(directory.path, 'log'), signal: abort.signal }))
  abort.abort(new Error('enough'))
  await assert.rejects(log, /enough/)
})

test('leaving the loop closes the FIFO', async () => {
  using directory = temporaryDirectory()
  await using fake = new FakeFirecracker()
  const path = fifoIn(directory.path, 'log')
  await using vmm = await fakeMachine(fake, directory.path)
  const log = readLog({ path })
  await vmm.client.putLogger({ logPath: path })
  await vmm.client.version()
  for await (const event of log) {
    assert.equal(event.kind, 'log')
    break
  }
  assert.deepEqual(await all(log), [])
})

for (const [what, reason, make] of [
  ['nothing', 'missing', () => undefined],
  ['a link', 'link', (path, other) => symlinkSync(other, path)],
  ['a second name of a file', 'names', (path, other) => linkSync(other, path)],
  ['a directory', 'type', (path) => mkdirSync(path)],
] as const satisfies readonly (readonly [
  string,
  string,
  (path: string, other: string) => void,
])[]) {
  test(`${what} in its place is not read`, () => {
    using directory = temporaryDirectory()
    const path = join(directory.path, 'log')
    const other = join(directory.path, 'other')
    writeFileSync(other, 'secret')
    make(path, other)
    assert.throws(
      () => readLog({ path }),
      (error) => {
        assert.ok(error instanceof SinkError)
        assert.equal(error.code, 'sink_refused')
        assert.equal(error.reason, reason)
        return true
      },
    )
  })
}

test('a socket in its place is not read', async () => {
  using directory = temporaryDirectory()
  const path = join(directory.path, 'log')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen({ path }, resolve))
  try {
    assert.throws(() => readLog({ path }), { code: 'sink_refused', reason: 'type' })
  } finally {
    server.close()
  }
})

test("another user's file is not read", () => {
  using directory = temporaryDirectory()
  const path = join(directory.path, 'log')
  writeFileSync(path, LINE)
  const own = process.getuid?.() ?? 0
  assert.throws(() => readLog({ path, uid: own + 1 }), { code: 'sink_refused', reason: 'owner' })
  if (own === 0) {
    chownSync(path, 12_345, 12_345)
    assert.throws(() => readLog({ path }), { code: 'sink_refused', reason: 'owner' })
    assert.ok(readLog({ path, uid: 12_345 }))
  }
})
