import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeBackend } from '@vulcan/backend/testing'
import { MemoryStore, RefusedError } from '@vulcan/engine'
import { openEngine } from './support/engine-under-test.ts'
import { anEnd, aSpec, aWorkload } from './support/workloads.ts'

const never = new AbortController().signal

test('an engine that drains takes nothing more and lets what runs end by itself', async () => {
  const backend = new FakeBackend(1)
  await using world = await openEngine({ backend })
  const { engine, store } = world
  const [running, waiting] = [aSpec(), aSpec()]
  await engine.submit(running)
  await engine.submit(waiting)
  const execution = await backend.execution(running.id)
  const drained = engine.drain({ graceMs: 60_000, waiting: 'keep' })
  await assert.rejects(
    engine.submit(aSpec()),
    (error) => error instanceof RefusedError && error.code === 'shutdown',
  )
  execution.exit()
  await drained
  assert.equal((await store.get(running.id))?.end?.reason, 'exited')
  assert.equal((await store.get(waiting.id))?.status, 'pending')
  assert.deepEqual([backend.held.size, backend.executions.length], [0, 1])
})

test('what does not end in time is ended with the reason shutdown, and so is what waits if told so', async () => {
  const backend = new FakeBackend(1)
  await using world = await openEngine({ backend })
  const { engine, store } = world
  const [running, waiting] = [aSpec(), aSpec()]
  await engine.submit(running)
  await engine.submit(waiting)
  await backend.execution(running.id)
  await engine.drain({ graceMs: 10, waiting: 'end' })
  for (const { id } of [running, waiting]) {
    const workload = await store.get(id)
    assert.deepEqual([workload?.status, workload?.end?.reason], ['killed', 'shutdown'])
  }
  assert.equal(backend.held.size, 0)
})

test('what ran when its host died has failed, and what waited runs, in its order', async () => {
  const store = new MemoryStore()
  const specs = Array.from({ length: 250 }, () => aSpec())
  for (const spec of specs) {
    await store.insert(aWorkload({ id: spec.id, owner: 'one' }), spec)
  }
  const [ran, , ...waited] = specs
  const [, ended] = specs
  assert.ok(ran && ended)
  await store.start(ran.id, 1)
  await store.end(ended.id, anEnd({ reason: 'killed', finishedAtMs: Date.now() }))
  const before = await store.get(ended.id)
  const backend = new FakeBackend(1)
  await using world = await openEngine({ store, backend, queue: { max: 1, maxPerOwner: 1 } })
  const { engine } = world
  const dead = await engine.get(ran.id)
  assert.deepEqual([dead.status, dead.end?.reason], ['failed', 'owner_died'])
  assert.deepEqual(await engine.get(ended.id), before)
  for (const [at, { id }] of waited.slice(0, 3).entries()) {
    const execution = await backend.nth(at)
    assert.equal(execution.spec.id, id)
    execution.exit()
  }
  assert.equal(engine.load.waiting + engine.load.running, waited.length - 2)
  await assert.rejects(engine.submit(aSpec()), RefusedError)
})

test('what this host cannot run any more fails, and holds nobody up', async () => {
  const store = new MemoryStore()
  const [unsupported, tooLarge, lost, fine] = [
    aSpec({ runtime: 'go' }),
    aSpec({ memMib: 4096 }),
    aSpec(),
    aSpec(),
  ]
  for (const { id, runtime, memMib = 512 } of [unsupported, tooLarge, lost, fine]) {
    await store.insert(aWorkload({ id, runtime, memMib }), aSpec({ id, runtime }))
  }
  store.spec = async (id) => (id === lost.id ? undefined : aSpec({ id }))
  await using world = await openEngine({ store, capacity: { memMib: 1024 } })
  const { engine, backend } = world
  ;(await backend.execution(fine.id)).exit()
  const ends = [unsupported, tooLarge, lost, fine].map(({ id }) => engine.wait(id, never))
  assert.deepEqual(
    (await Promise.all(ends)).map(({ end }) => end?.reason),
    ['unsupported_runtime', 'no_capacity', 'internal', 'exited'],
  )
})

test('an end that cannot be recorded is tried again, and nobody hears of it before', async () => {
  const store = new MemoryStore()
  const problems: unknown[] = []
  await using world = await openEngine({ store, onProblem: (problem) => problems.push(problem) })
  const { engine } = world
  const { spec, execution } = await world.begin()
  const refusals = [new Error('the disk is full')]
  const end = store.end.bind(store)
  store.end = async (...parameters) => {
    const refusal = refusals.pop()
    if (refusal !== undefined) throw refusal
    return end(...parameters)
  }
  execution.exit()
  const workload = await engine.wait(spec.id, never)
  assert.equal(workload.end?.reason, 'exited')
  assert.deepEqual(problems.map(String), ['Error: the disk is full'])
})

test('a workload whose acceptance cannot be stored is not accepted, and its place is free again', async () => {
  const store = new MemoryStore()
  await using world = await openEngine({
    store,
    backend: new FakeBackend(1),
    queue: { max: 1 },
  })
  const { engine, backend } = world
  const insert = store.insert.bind(store)
  store.insert = async () => {
    throw new Error('the disk is full')
  }
  const spec = aSpec()
  await assert.rejects(engine.submit(spec, { maxConcurrent: 1 }), /the disk is full/)
  assert.deepEqual(world.counts, { waiting: 0, running: 0 })
  store.insert = insert
  await engine.submit(spec, { maxConcurrent: 1 })
  ;(await backend.execution(spec.id)).exit()
  assert.equal((await engine.wait(spec.id, never)).status, 'completed')
})

test('old workloads go as soon as an engine opens their store', async () => {
  const store = new MemoryStore()
  const [old, recent] = [aWorkload(), aWorkload()]
  for (const [{ id }, finishedAtMs] of [
    [old, Date.now() - 2_000_000],
    [recent, Date.now()],
  ] as const) {
    await store.insert(aWorkload({ id }), aSpec({ id }))
    await store.end(id, anEnd({ reason: 'killed', finishedAtMs }))
  }
  await using world = await openEngine({ store, retention: { maxAgeMs: 1_000_000 } })
  await world.engine.drain({ graceMs: 0, waiting: 'keep' })
  assert.equal(await store.get(old.id), undefined)
  assert.equal((await store.get(recent.id))?.status, 'killed')
})
