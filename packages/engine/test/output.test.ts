import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EngineWatcher, MemoryStore, UnknownWorkloadError } from '@vulcan/engine'
import type { OutputStream } from '@vulcan/schema'
import fc from 'fast-check'
import { openEngine } from './support/engine-under-test.ts'
import { aSpec, newId } from './support/workloads.ts'

const SEED = Number(process.env['VULCAN_FUZZ_SEED'] ?? 1)
const never = new AbortController().signal

type World = Awaited<ReturnType<typeof openEngine>>

/** Runs a program that writes these, and resolves with its end and with what is kept of it. */
async function runWriting(
  { engine, backend }: World,
  outputLimitBytes: number,
  writes: readonly (readonly [OutputStream, string])[],
) {
  const spec = aSpec({ outputLimitBytes })
  await engine.submit(spec)
  const execution = await backend.execution(spec.id)
  for (const [stream, text] of writes) await execution.write(text, stream)
  execution.exit()
  const { end } = await engine.wait(spec.id, never)
  const recorded = { stdout: '', stderr: '' }
  for await (const event of engine.events(spec.id)) {
    if (event.type === 'output') recorded[event.stream] += Buffer.from(event.bytes).toString()
  }
  const output = {
    stdout: await textOf(engine.output(spec.id, 'stdout')),
    stderr: await textOf(engine.output(spec.id, 'stderr')),
  }
  return { spec, execution, end, recorded, output }
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(chunks)).toString()
}

/** Counts what the engine says of output. */
function counting() {
  const counts = { recorded: 0, dropped: 0 }
  const ignore = () => undefined
  const watcher: EngineWatcher = {
    ...{ accepted: ignore, started: ignore, phase: ignore, ended: ignore, released: ignore },
    output: (_id, _stream, recordedBytes, droppedBytes) => {
      counts.recorded += recordedBytes
      counts.dropped += droppedBytes
    },
  }
  return { watcher, counts }
}

test('output is recorded beyond its limit while all of it is within that of the log', async () => {
  const { watcher, counts } = counting()
  await using world = await openEngine({ logLimitBytes: 10, watcher })
  const { execution, end, recorded, output } = await runWriting(world, 4, [
    ['stdout', '0123456'],
    ['stderr', 'ab'],
    ['stdout', '789'],
    ['stderr', 'cdef'],
    ['stdout', 'X'],
  ])
  assert.deepEqual(recorded, { stdout: '01234567', stderr: 'abcd' })
  assert.deepEqual(output, { stdout: '0123', stderr: 'abcd' })
  assert.deepEqual(end?.truncated, { stdout: true, stderr: true })
  assert.deepEqual(counts, { recorded: 12, dropped: 5 })
  assert.deepEqual([execution.spec.outputLimitBytes, execution.options.keepOutput], [10, false])
})

test('output that fits its limit exactly is not truncated', async () => {
  await using world = await openEngine({ logLimitBytes: 1 })
  const { execution, end, output } = await runWriting(world, 4, [
    ['stdout', '0123'],
    ['stderr', 'abcd'],
  ])
  assert.deepEqual(output, { stdout: '0123', stderr: 'abcd' })
  assert.deepEqual(end?.truncated, { stdout: false, stderr: false })
  assert.equal(execution.spec.outputLimitBytes, 4)
})

test('a workload whose VM fails says, too, whether its output is whole', async () => {
  await using world = await openEngine()
  const { engine, backend } = world
  const spec = aSpec({ outputLimitBytes: 3 })
  await engine.submit(spec)
  const execution = await backend.execution(spec.id)
  await execution.write('0123')
  execution.fail('vmm_crashed')
  const { end } = await engine.wait(spec.id, never)
  assert.deepEqual(
    [end?.reason, end?.truncated, await textOf(engine.output(spec.id, 'stdout'))],
    ['vmm_crashed', { stdout: true, stderr: false }, '012'],
  )
})

test('whatever is written, what is kept is its beginning, and all is counted', async () => {
  const Writes = fc.array(
    fc.tuple(fc.constantFrom('stdout' as const, 'stderr' as const), fc.string({ maxLength: 30 })),
    { maxLength: 20 },
  )
  const property = fc.asyncProperty(fc.nat(60), fc.nat(60), Writes, async (log, limit, writes) => {
    const { watcher, counts } = counting()
    await using world = await openEngine({ logLimitBytes: log, watcher })
    const { end, recorded, output } = await runWriting(world, limit, writes)
    const all = { stdout: '', stderr: '' }
    for (const [stream, text] of writes) all[stream] += text
    for (const stream of ['stdout', 'stderr'] as const) {
      assert.equal(output[stream], all[stream].slice(0, limit))
      assert.ok(all[stream].startsWith(recorded[stream]))
      assert.ok(recorded[stream].startsWith(output[stream]))
      assert.equal(end?.truncated[stream], all[stream].length > limit)
    }
    const [total, kept] = [all, recorded].map(({ stdout, stderr }) => stdout.length + stderr.length)
    if ((total ?? 0) <= log) assert.deepEqual(recorded, all)
    assert.ok((kept ?? 0) <= log + 2 * limit)
    assert.deepEqual(counts, { recorded: kept, dropped: (total ?? 0) - (kept ?? 0) })
  })
  await fc.assert(property, { seed: SEED, numRuns: 100 })
})

test('output is read a page at a time, and no further than its limit', async () => {
  const store = new CountingStore()
  await using world = await openEngine({ store })
  const { engine } = world
  const block = 'x'.repeat(32 * 1024)
  const { spec } = await runWriting(
    world,
    2 * block.length,
    Array.from({ length: 100 }, () => ['stdout', block] as const),
  )
  store.pages = 0
  let bytes = 0
  for await (const chunk of engine.output(spec.id, 'stdout')) bytes += chunk.byteLength
  assert.deepEqual([bytes, store.pages], [2 * block.length, 1])
})

test('output of what runs is as much as is recorded', async () => {
  await using world = await openEngine()
  const { engine } = world
  const { spec, execution } = await world.begin()
  await execution.write('so far')
  for await (const event of engine.events(spec.id)) {
    if (event.type === 'output') break
  }
  assert.equal(await textOf(engine.output(spec.id, 'stdout')), 'so far')
  assert.equal(await textOf(engine.output(spec.id, 'stderr')), '')
})

test('who reads output of an unknown workload is told so, and a signal stops a reader', async () => {
  await using world = await openEngine()
  const { engine } = world
  await assert.rejects(textOf(engine.output(newId(), 'stdout')), UnknownWorkloadError)
  const { spec } = await runWriting(world, 10, [['stdout', 'words']])
  const signal = AbortSignal.abort(new Error('the reader left'))
  await assert.rejects(textOf(engine.output(spec.id, 'stdout', { signal })), /the reader left/)
})

/** Counts how often somebody reads a page. */
class CountingStore extends MemoryStore {
  pages = 0

  override events(id: string, afterSeq: number) {
    this.pages += 1
    return super.events(id, afterSeq)
  }
}
