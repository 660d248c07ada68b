import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeBackend } from '@vulcan/backend/testing'
import { MemoryStore, RefusedError } from '@vulcan/engine'
import { openEngine } from './support/engine-under-test.ts'
import { aSpec } from './support/workloads.ts'

type World = Awaited<ReturnType<typeof openEngine>>

/** Submits workloads, whose code is their name, while the only slot is taken. */
async function submitAll(
  { engine }: World,
  workloads: readonly { owner: string; code: string; priority?: number }[],
): Promise<void> {
  for (const { code, ...options } of workloads) await engine.submit(aSpec({ code }), options)
}

/** Lets each workload end as soon as it runs; resolves with their names in the order of their starts. */
async function orderOfStarts({ engine, backend }: World, count: number): Promise<string[]> {
  const names: string[] = []
  for (let at = 0; at < count; at += 1) {
    const execution = await backend.nth(at)
    names.push(execution.spec.code ?? '')
    execution.exit()
    await engine.wait(execution.spec.id, new AbortController().signal)
  }
  return names
}

const isFull = (error: unknown) => error instanceof RefusedError && error.code === 'no_capacity'

test('owners take turns, one workload each, however much one of them submits', async () => {
  await using world = await openEngine({ backend: new FakeBackend(1) })
  const busy = Array.from({ length: 5 }, (_, n) => ({ owner: 'busy', code: `busy ${n}` }))
  await submitAll(world, [
    ...busy,
    { owner: 'calm', code: 'calm 0' },
    { owner: 'rare', code: 'rare 0' },
    { owner: 'calm', code: 'calm 1' },
  ])
  assert.deepEqual(await orderOfStarts(world, 8), [
    ...['busy 0', 'busy 1', 'calm 0', 'rare 0', 'busy 2', 'calm 1', 'busy 3', 'busy 4'],
  ])
})

test('priorities count inside an owner, and age among equals', async () => {
  await using world = await openEngine({ backend: new FakeBackend(1) })
  await submitAll(world, [
    { owner: 'one', code: 'running' },
    { owner: 'one', code: 'low', priority: 0 },
    { owner: 'one', code: 'usual' },
    { owner: 'one', code: 'high', priority: 9 },
    { owner: 'one', code: 'as high', priority: 9 },
    { owner: 'two', code: 'of another', priority: 0 },
  ])
  assert.deepEqual(await orderOfStarts(world, 6), [
    ...['running', 'high', 'of another', 'as high', 'usual', 'low'],
  ])
})

test('the queue is bounded, for all and for each owner, also for those who come at once', async () => {
  const backend = new FakeBackend(1)
  await using world = await openEngine({ backend, queue: { max: 4, maxPerOwner: 3 } })
  const { engine } = world
  await engine.submit(aSpec(), { owner: 'one' })
  const submitted = await Promise.allSettled(
    Array.from({ length: 5 }, () => engine.submit(aSpec(), { owner: 'one' })),
  )
  assert.deepEqual(
    submitted.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'],
  )
  await engine.submit(aSpec(), { owner: 'two' })
  await assert.rejects(engine.submit(aSpec(), { owner: 'two' }), isFull)
  await assert.rejects(engine.submit(aSpec(), { owner: 'one' }), isFull)
  assert.equal((await engine.list({ limit: 1 })).total, 5)
})

test('who was refused finds a place when one of those before has started', async () => {
  const backend = new FakeBackend(1)
  await using world = await openEngine({ backend, queue: { max: 1 } })
  const { engine } = world
  await engine.submit(aSpec())
  const waiting = aSpec()
  await engine.submit(waiting)
  await assert.rejects(engine.submit(aSpec()), isFull)
  ;(await backend.nth(0)).exit()
  await backend.execution(waiting.id)
  await engine.submit(aSpec())
})

test('an owner that runs as much as it may is passed over, and keeps its turn', async () => {
  const backend = new FakeBackend(3)
  await using world = await openEngine({ backend })
  const { engine } = world
  const limited = { owner: 'limited', maxConcurrent: 1 }
  for (const code of ['limited 0', 'limited 1', 'limited 2']) {
    await engine.submit(aSpec({ code }), limited)
  }
  for (const code of ['free 0', 'free 1', 'free 2', 'free 3']) {
    await engine.submit(aSpec({ code }), { owner: 'free' })
  }
  const names = () => backend.executions.map(({ spec }) => spec.code)
  await backend.nth(2)
  assert.deepEqual(
    [names(), world.counts],
    [['limited 0', 'free 0', 'free 1'], { waiting: 4, running: 3 }],
  )
  ;(await backend.nth(0)).exit()
  await backend.nth(3)
  ;(await backend.nth(1)).exit()
  await backend.nth(4)
  assert.deepEqual(names().slice(3), ['limited 1', 'free 2'])
  ;(await backend.nth(2)).exit()
  await backend.nth(5)
  ;(await backend.nth(5)).exit()
  ;(await backend.nth(3)).exit()
  await backend.nth(6)
  assert.deepEqual(names().slice(5), ['free 3', 'limited 2'])
})

test('how much of an owner runs at once is bounded after a restart, too', async () => {
  const store = new MemoryStore()
  const options = { owner: 'limited', maxConcurrent: 1 }
  {
    await using world = await openEngine({ store, backend: new FakeBackend(1) })
    await world.begin()
    for (let at = 0; at < 3; at += 1) await world.engine.submit(aSpec(), options)
  }
  await using world = await openEngine({ store })
  const { backend } = world
  const execution = await backend.nth(0)
  assert.deepEqual(world.counts, { waiting: 2, running: 1 })
  execution.exit()
  await backend.nth(1)
  assert.deepEqual(world.counts, { waiting: 1, running: 1 })
})

test('what is killed while its owner runs as much as it may makes way for the next', async () => {
  await using world = await openEngine()
  const { engine, backend } = world
  const [first, killed, second] = [aSpec(), aSpec(), aSpec()]
  for (const spec of [first, killed, second]) {
    await engine.submit(spec, { owner: 'limited', maxConcurrent: 1 })
  }
  await engine.kill(killed.id)
  ;(await backend.execution(first.id)).exit()
  await backend.execution(second.id)
  assert.equal(backend.executions.length, 2)
})
