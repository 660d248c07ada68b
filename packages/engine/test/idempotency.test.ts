import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeBackend } from '@vulcan/backend/testing'
import { IdempotencyError, MemoryStore, RefusedError } from '@vulcan/engine'
import { openEngine } from './support/engine-under-test.ts'
import { aSpec } from './support/workloads.ts'

const never = new AbortController().signal
const idempotency = { key: 'k', requestHash: 'of a request' }

test('a request that is repeated with its key gets the workload of the first, as it stands', async () => {
  await using world = await openEngine()
  const { engine, backend } = world
  const first = await engine.submit(aSpec(), { owner: 'one', idempotency })
  assert.equal(first.isNew, true)
  const { id } = first.workload
  const again = await engine.submit(aSpec(), { owner: 'one', idempotency })
  assert.deepEqual([again.isNew, again.workload.id], [false, id])
  ;(await backend.execution(id)).exit()
  await engine.wait(id, never)
  const later = await engine.submit(aSpec(), { owner: 'one', idempotency })
  assert.deepEqual([later.isNew, later.workload.status], [false, 'completed'])
  const other = await engine.submit(aSpec(), { owner: 'two', idempotency })
  assert.equal(other.isNew, true)
  assert.equal((await engine.stats()).total, 2)
})

test('a key that was used for another request is refused, naming what that began', async () => {
  await using world = await openEngine()
  const { engine } = world
  const { workload } = await engine.submit(aSpec(), { idempotency })
  await assert.rejects(
    engine.submit(aSpec(), { idempotency: { ...idempotency, requestHash: 'of another' } }),
    (error) =>
      error instanceof IdempotencyError &&
      error.code === 'idempotency_mismatch' &&
      error.workloadId === workload.id,
  )
  assert.equal((await engine.stats()).total, 1)
})

test('of requests that come at once with one key, one runs and all get its workload', async () => {
  await using world = await openEngine()
  const { engine } = world
  const submitted = await Promise.all(
    Array.from({ length: 10 }, () => engine.submit(aSpec(), { idempotency })),
  )
  assert.equal(submitted.filter(({ isNew }) => isNew).length, 1)
  assert.equal(new Set(submitted.map(({ workload }) => workload.id)).size, 1)
  assert.equal(engine.load.waiting + engine.load.running, 1)
})

test('a repeated request is answered when the queue is full, and while the host shuts down', async () => {
  const backend = new FakeBackend(1)
  await using world = await openEngine({ backend, queue: { max: 1 } })
  const { engine } = world
  await world.begin()
  const { workload } = await engine.submit(aSpec(), { idempotency })
  await assert.rejects(engine.submit(aSpec()), RefusedError)
  assert.equal((await engine.submit(aSpec(), { idempotency })).workload.id, workload.id)
  await engine.drain({ graceMs: 0, waiting: 'keep' })
  assert.equal((await engine.submit(aSpec(), { idempotency })).workload.id, workload.id)
})

test('a key is free again when its request was refused', async () => {
  const backend = new FakeBackend(1)
  await using world = await openEngine({ backend })
  const { engine } = world
  await assert.rejects(engine.submit(aSpec({ runtime: 'go' }), { idempotency }))
  const other = { ...idempotency, requestHash: 'of another' }
  assert.equal((await engine.submit(aSpec(), { idempotency: other })).isNew, true)
})

test('a key stands for its request after a restart, too', async () => {
  const store = new MemoryStore()
  const spec = aSpec()
  {
    await using world = await openEngine({ store })
    await world.engine.submit(spec, { idempotency })
  }
  await using world = await openEngine({ store })
  const { workload, isNew } = await world.engine.submit(aSpec(), { idempotency })
  assert.deepEqual([workload.id, isNew], [spec.id, false])
})
