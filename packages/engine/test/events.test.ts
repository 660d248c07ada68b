import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryStore, type RecordedEvent } from '@vulcan/engine'
import { openEngine, textsOf } from './support/engine-under-test.ts'
import { aSpec } from './support/workloads.ts'

test('two live readers and one after the end see the same events, each once', async () => {
  await using world = await openEngine()
  const { engine, backend } = world
  const spec = aSpec()
  await engine.submit(spec)
  const early = Array.fromAsync(engine.events(spec.id))
  const execution = await backend.execution(spec.id)
  await execution.phase('running')
  await execution.write('one ')
  const live = engine.events(spec.id)
  const first = await live.next()
  const rest = Array.fromAsync(live)
  await execution.write('two ')
  await execution.write('error', 'stderr')
  await execution.write('three')
  execution.exit()
  const late = async () => {
    await engine.wait(spec.id, new AbortController().signal)
    return Array.fromAsync(engine.events(spec.id))
  }
  const seen = [await early, [first.value as RecordedEvent, ...(await rest)], await late()]
  for (const events of seen) {
    assert.deepEqual(
      events.map(({ seq }) => seq),
      events.map((_, at) => at),
    )
    assert.equal(streamOf(events, 'stdout'), 'one two three')
    assert.equal(streamOf(events, 'stderr'), 'error')
    assert.equal(textsOf(events)[0], 'running')
  }
})

test('a reader that comes back goes on after the last event that it has', async () => {
  await using world = await openEngine()
  const { engine } = world
  const { spec, execution } = await world.begin()
  await execution.phase('running')
  await execution.write('one')
  await execution.write('two', 'stderr')
  execution.exit()
  const all = await Array.fromAsync(engine.events(spec.id))
  assert.deepEqual(textsOf(all), ['running', 'one', 'two'])
  for (let afterSeq = -1; afterSeq < 3; afterSeq += 1) {
    assert.deepEqual(
      await Array.fromAsync(engine.events(spec.id, { afterSeq })),
      all.slice(afterSeq + 1),
    )
  }
  assert.deepEqual(await Array.fromAsync(engine.events(spec.id, { afterSeq: 99 })), [])
})

test('a reader is told to stop while it waits', async () => {
  await using world = await openEngine()
  const { engine } = world
  const { spec, execution } = await world.begin()
  await execution.phase('running')
  const leaving = new AbortController()
  const events = engine.events(spec.id, { signal: leaving.signal })
  assert.equal((await events.next()).done, false)
  const next = events.next()
  leaving.abort(new Error('the reader left'))
  await assert.rejects(next, /the reader left/)
})

test('a slow reader neither holds the program up nor makes the engine read ahead', async () => {
  const store = new CountingStore()
  await using world = await openEngine({ store })
  const { engine } = world
  const { spec, execution } = await world.begin()
  await execution.phase('running')
  const slow = engine.events(spec.id)
  await slow.next()
  const { pages } = store
  const block = 'x'.repeat(32 * 1024)
  for (let at = 0; at < 200; at += 1) await execution.write(block)
  execution.exit()
  assert.equal((await engine.wait(spec.id, new AbortController().signal)).status, 'completed')
  assert.equal(store.pages, pages)
  let bytes = 0
  for await (const event of slow) {
    bytes += event.type === 'output' ? event.bytes.byteLength : 0
    const read = store.pages - pages
    assert.ok(read <= 2 + bytes / (128 * 1024), `${read} pages for ${bytes} bytes`)
  }
  assert.equal(bytes, 200 * block.length)
})

test('a program that writes faster than the store waits for it', async () => {
  const store = new CountingStore()
  await using world = await openEngine({ store })
  const { engine } = world
  const { spec, execution } = await world.begin()
  const disk = Promise.withResolvers<void>()
  store.disk = disk.promise
  const block = 'x'.repeat(256 * 1024)
  let written = 0
  const flood = async () => {
    for (let at = 0; at < 40; at += 1) {
      await execution.write(block)
      written += block.length
    }
  }
  const flooded = flood()
  await store.appending.promise
  assert.ok(written <= 2 * 1024 * 1024, `${written} bytes were taken and none is stored`)
  disk.resolve()
  await flooded
  execution.exit()
  const events = await Array.fromAsync(engine.events(spec.id))
  assert.equal(textsOf(events).join('').length, 40 * block.length)
})

test('output that cannot be stored fails its workload, and no other', async () => {
  const store = new CountingStore()
  await using world = await openEngine({ store })
  const { engine, backend } = world
  const [unlucky, lucky] = [aSpec(), aSpec()]
  await engine.submit(unlucky)
  await engine.submit(lucky)
  const execution = await backend.execution(unlucky.id)
  store.disk = Promise.reject(new Error('the disk is full'))
  await execution.write('lost')
  execution.exit()
  const failed = await engine.wait(unlucky.id, new AbortController().signal)
  assert.deepEqual([failed.end?.reason, failed.end?.error], ['internal', 'the disk is full'])
  store.disk = Promise.resolve()
  const other = await backend.execution(lucky.id)
  await other.write('kept')
  other.exit()
  assert.deepEqual(textsOf(await Array.fromAsync(engine.events(lucky.id))), ['kept'])
})

/** What came on one stream: how it was cut is no matter. */
function streamOf(events: readonly RecordedEvent[], stream: 'stdout' | 'stderr'): string {
  return textsOf(events.filter((event) => event.type === 'output' && event.stream === stream)).join(
    '',
  )
}

/** Says how often events were read, and how slow its disk is. */
class CountingStore extends MemoryStore {
  pages = 0
  disk: Promise<void> = Promise.resolve()
  readonly appending = Promise.withResolvers<void>()

  override async append(batches: Parameters<MemoryStore['append']>[0]): Promise<void> {
    this.appending.resolve()
    await this.disk
    await super.append(batches)
  }

  override events(id: string, afterSeq: number) {
    this.pages += 1
    return super.events(id, afterSeq)
  }
}
