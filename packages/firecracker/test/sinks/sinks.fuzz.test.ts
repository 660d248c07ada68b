import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineSplitter } from '../../src/sinks/line-splitter.ts'
import { parseLogLine } from '../../src/sinks/read-log.ts'
import { parseMetricsLine } from '../../src/sinks/read-metrics.ts'
import { cut, fuzz, mutateBytes, mutateJson } from '../../testing/index.ts'

const LOG = Buffer.from(
  '2026-11-22T04:55:50.518838645 [vm-1:fc_vcpu 0:WARN:src/lib.rs:457] it: happens',
)
const METRICS = {
  utc_timestamp_ms: 5,
  block: { read_agg: { min_us: 1, max_us: 2 }, read_count: 3 },
  vmm: { panic_count: 0 },
}

test('lines are the same in whatever pieces they came, and never over their budget', async (t) => {
  await fuzz(t, (random) => {
    const budget = 1 + random.below(40)
    const some = random.bytes(random.below(300))
    const bytes = Buffer.from(some.map((byte) => (byte < 20 ? 10 : byte)))
    const splitter = new LineSplitter(budget)
    const lines: (Buffer | undefined)[] = []
    for (const piece of cut(random, bytes)) lines.push(...splitter.push(Buffer.from(piece)))
    lines.push(...splitter.end())
    const expected = bytes.toString('latin1').split('\n')
    if (expected.at(-1) === '') expected.pop()
    assert.deepEqual(
      lines.map((line) => line?.toString('latin1')),
      expected.map((line) => (line.length > budget ? undefined : line)),
    )
  })
})

test('whatever a taken-over VMM logs is an event without control characters, or none', async (t) => {
  await fuzz(t, (random) => {
    const event = parseLogLine(mutateBytes(random, LOG).toString())
    if (event !== undefined) assert.doesNotMatch(event.message + event.thread, /\p{Cc}/u)
  })
})

test('whatever a taken-over VMM calls metrics is finite numbers by plain names, or none', async (t) => {
  await fuzz(t, (random) => {
    const event = parseMetricsLine(JSON.stringify(mutateJson(random, METRICS)))
    for (const [name, value] of event?.values ?? []) {
      assert.match(name, /^\w+(\.\w+){0,2}$/)
      assert.ok(Number.isFinite(value))
    }
  })
})
