import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { BackendError } from '@vulcan/backend'
import { FakeBackend } from '@vulcan/backend/testing'
import { MemoryStore, RefusedError, UnknownWorkloadError, WorkloadEndedError } from '@vulcan/engine'
import { openEngine, textsOf } from './support/engine-under-test.ts'
import { aSpec, newId } from './support/workloads.ts'

const never = new AbortController().signal

const refused = (code: string) => (error: unknown) =>
  error instanceof RefusedError && error.code === code

test('a workload is pending when it is accepted, then runs, and its end is recorded', async () => {
  await using world = await openEngine()
  const { engine, backend } = world
  const spec = aSpec({ input: Buffer.from('in'), network: 'public', args: ['a'], memMib: 256 })
  const { workload: accepted } = await engine.submit(spec, { owner: 'one', priority: 7 })
  assert.equal(accepted.status, 'pending')
  const execution = await backend.execution(spec.id)
  assert.deepEqual(execution.spec, { ...spec, outputLimitBytes: 10 * 1024 * 1024 })
  const running = await engine.get(spec.id)
  assert.deepEqual([running.status, typeof running.startedAtMs], ['running', 'number'])
  execution.end({ exitCode: 3, error: 'words', phases: [{ phase: 'image', atMs: 4 }] })
  const { end, ...workload } = await engine.wait(spec.id, never)
  assert.deepEqual(workload, {
    id: spec.id,
    owner: 'one',
    priority: 7,
    nodeId: 'here',
    isolation: 'auto',
    runtime: 'python',
    args: ['a'],
    network: 'public',
    inputHash: createHash('sha256').update('in').digest('hex'),
    cpus: 1,
    memMib: 256,
    timeoutS: 30,
    outputLimitBytes: 1024 * 1024,
    createdAtMs: accepted.createdAtMs,
    startedAtMs: running.startedAtMs,
    status: 'completed',
  })
  assert.ok(end !== null && end.durationMs !== null && end.durationMs >= 0)
  const { durationMs: _, finishedAtMs, ...rest } = end
  assert.ok(finishedAtMs >= accepted.createdAtMs)
  assert.deepEqual(rest, {
    reason: 'exited',
    exitCode: 3,
    error: 'words',
    truncated: { stdout: false, stderr: false },
    vmm: { name: 'firecracker', version: '1', reason: 'a fake' },
    isolationStrength: 'emulated',
    phases: [{ phase: 'image', atMs: 4 }],
  })
})

test('what has to wait for nobody is on record as running at once, and what has to wait is not', async () => {
  await using world = await openEngine({ backend: new FakeBackend(1) })
  const { engine, backend, store } = world
  const [first, second] = [aSpec(), aSpec()]
  await engine.submit(first)
  await engine.submit(second)
  assert.deepEqual(
    [await store.status(first.id), await store.status(second.id)],
    ['running', 'pending'],
  )
  assert.deepEqual(
    [await store.spec(first.id), (await store.spec(second.id))?.id],
    [undefined, second.id],
  )
  ;(await backend.execution(first.id)).exit()
  ;(await backend.execution(second.id)).exit()
  const ends = [first, second].map(({ id }) => engine.wait(id, never))
  assert.deepEqual(
    (await Promise.all(ends)).map(({ status }) => status),
    ['completed', 'completed'],
  )
})

test('what a backend fails with is the reason of the end, and a bug is internal', async () => {
  await using world = await openEngine()
  const { engine, backend } = world
  const failing = aSpec()
  const broken = aSpec()
  await Promise.all([engine.submit(failing), engine.submit(broken)])
  const execution = await backend.execution(failing.id)
  await execution.phase('booting')
  execution.fail('boot_failed', 'no guest')
  ;(await backend.execution(broken.id)).answer.reject(new TypeError('a bug'))
  const failed = await engine.wait(failing.id, never)
  assert.deepEqual(
    [failed.status, failed.end?.reason, failed.end?.error, failed.end?.phases],
    ['failed', 'boot_failed', 'no guest', [{ phase: 'booting', atMs: 1 }]],
  )
  const bug = await engine.wait(broken.id, never)
  assert.deepEqual([bug.status, bug.end?.reason, bug.end?.error], ['failed', 'internal', 'a bug'])
})

test('what cannot be run here is refused, and nothing of it is stored', async () => {
  await using world = await openEngine({ capacity: { cpus: 4, memMib: 1024 } })
  const { engine } = world
  await assert.rejects(
    engine.submit(aSpec({ runtime: 'go' })),
    (error) => error instanceof BackendError && error.code === 'unsupported_runtime',
  )
  await assert.rejects(engine.submit(aSpec({ cpus: 5 })), refused('no_capacity'))
  await assert.rejects(engine.submit(aSpec({ memMib: 1025 })), refused('no_capacity'))
  const taken = aSpec()
  await engine.submit(taken)
  await assert.rejects(engine.submit(taken), refused('invalid_request'))
  assert.equal((await engine.stats()).total, 1)
})

test('an id that ended long before this process is refused, too', async () => {
  const store = new MemoryStore()
  const spec = aSpec()
  {
    await using world = await openEngine({ store })
    await world.engine.submit(spec)
    ;(await world.backend.execution(spec.id)).exit()
    await world.engine.wait(spec.id, never)
  }
  await using world = await openEngine({ store })
  await assert.rejects(world.engine.submit(spec), refused('invalid_request'))
})

test('whoever asks for an unknown workload is told so', async () => {
  await using world = await openEngine()
  const { engine } = world
  await assert.rejects(engine.get(newId()), UnknownWorkloadError)
  await assert.rejects(engine.kill(newId()), UnknownWorkloadError)
  await assert.rejects(engine.wait(newId(), never), UnknownWorkloadError)
  await assert.rejects(Array.fromAsync(engine.events(newId())), UnknownWorkloadError)
})

test('who waits gets the workload as it stands when the time is up', async () => {
  await using world = await openEngine()
  const { engine } = world
  const { spec, execution } = await world.begin()
  const patience = new AbortController()
  const waited = engine.wait(spec.id, patience.signal)
  patience.abort()
  assert.equal((await waited).status, 'running')
  execution.exit()
  assert.equal((await engine.wait(spec.id, never)).status, 'completed')
})

test('a workload that waits is killed at once and never runs', async () => {
  await using world = await openEngine({ backend: new FakeBackend(1) })
  const { engine, backend } = world
  const first = aSpec()
  const waiting = aSpec()
  await engine.submit(first)
  await engine.submit(waiting)
  const killed = await engine.kill(waiting.id)
  assert.deepEqual(
    [killed.status, killed.end?.reason, killed.end?.durationMs, killed.startedAtMs],
    ['killed', 'killed', null, null],
  )
  ;(await backend.execution(first.id)).exit()
  await engine.wait(first.id, never)
  assert.equal(backend.executions.length, 1)
  await assert.rejects(engine.kill(waiting.id), WorkloadEndedError)
})

test('a workload that boots or runs is killed, and what it wrote is kept', async () => {
  await using world = await openEngine()
  const { engine } = world
  const { spec, execution } = await world.begin()
  await execution.phase('running')
  await execution.write('so far')
  const killed = await engine.kill(spec.id)
  assert.deepEqual([killed.status, killed.end?.reason], ['killed', 'killed'])
  assert.deepEqual(await engine.get(spec.id), killed)
  const events = await Array.fromAsync(engine.events(spec.id))
  assert.deepEqual(textsOf(events), ['running', 'so far'])
  await assert.rejects(engine.kill(spec.id), WorkloadEndedError)
})

test('a program that ends by itself while it is being killed has its own end', async () => {
  const backend = new FakeBackend()
  backend.heedsAborts = false
  await using world = await openEngine({ backend })
  const { engine } = world
  const { spec, execution } = await world.begin()
  const killed = engine.kill(spec.id)
  execution.exit(7)
  assert.deepEqual((await killed).end?.reason, 'exited')
})

test('a slot is held until the release has ended, though the end is known before', async () => {
  const backend = new FakeBackend(1)
  await using world = await openEngine({ backend })
  const { engine } = world
  const release = Promise.withResolvers<void>()
  backend.releases = release.promise
  const first = aSpec()
  const second = aSpec()
  await engine.submit(first)
  await engine.submit(second)
  ;(await backend.execution(first.id)).exit()
  assert.equal((await engine.wait(first.id, never)).status, 'completed')
  assert.deepEqual(world.counts, { waiting: 1, running: 1 })
  release.resolve()
  ;(await backend.execution(second.id)).exit()
  assert.equal((await engine.wait(second.id, never)).status, 'completed')
})

test('memory and processors bound what runs at once; who does not fit waits, others behind it', async () => {
  await using world = await openEngine({ capacity: { cpus: 3, memMib: 1024 } })
  const { engine, backend } = world
  const [small, large, late] = [
    aSpec({ cpus: 1 }),
    aSpec({ cpus: 3 }),
    aSpec({ cpus: 1, memMib: 128 }),
  ]
  for (const spec of [small, large, late]) await engine.submit(spec)
  const execution = await backend.execution(small.id)
  assert.deepEqual(world.counts, { waiting: 2, running: 1 })
  execution.exit()
  ;(await backend.execution(large.id)).exit()
  ;(await backend.execution(late.id)).exit()
  await engine.wait(late.id, never)
  assert.deepEqual(
    backend.executions.map(({ spec }) => spec.id),
    [small.id, large.id, late.id],
  )
})

test('killing what does not fit lets those behind it run', async () => {
  await using world = await openEngine({ capacity: { memMib: 1024 } })
  const { engine, backend } = world
  const [running, large, late] = [aSpec(), aSpec({ memMib: 1024 }), aSpec()]
  for (const spec of [running, large, late]) await engine.submit(spec)
  await backend.execution(running.id)
  await engine.kill(large.id)
  await backend.execution(late.id)
})

test('a backend that does not answer a kill holds its slot, but not those who wait for the end', async () => {
  const backend = new FakeBackend(1)
  backend.heedsAborts = false
  await using world = await openEngine({ backend, deadlines: { endMs: 20 } })
  const { engine } = world
  const [deaf, next] = [aSpec(), aSpec()]
  await engine.submit(deaf)
  await engine.submit(next)
  const execution = await backend.execution(deaf.id)
  assert.equal((await engine.kill(deaf.id)).end?.reason, 'killed')
  assert.deepEqual(world.counts, { waiting: 1, running: 1 })
  const before = await engine.get(deaf.id)
  execution.exit()
  backend.heedsAborts = true
  await backend.execution(next.id)
  assert.deepEqual(await engine.get(deaf.id), before)
})

test('a clock that jumps neither fires nor loses a time-out', async (t) => {
  const backend = new FakeBackend()
  const deadlines = { overheadMs: -600 }
  await using world = await openEngine({ backend, deadlines })
  const { engine } = world
  const dayMs = 24 * 3_600_000
  const now = Date.now()
  t.mock.timers.enable({ apis: ['Date'], now })
  const [quick, slow] = [aSpec({ timeoutS: 1 }), aSpec({ timeoutS: 1 })]
  await engine.submit(quick)
  await engine.submit(slow)
  const execution = await backend.execution(quick.id)
  await backend.execution(slow.id)
  t.mock.timers.setTime(now + 10 * dayMs)
  execution.exit()
  const ended = await engine.wait(quick.id, never)
  assert.deepEqual([ended.status, ended.end?.finishedAtMs], ['completed', now + 10 * dayMs])
  assert.ok(ended.end?.durationMs !== null && (ended.end?.durationMs ?? dayMs) < 60_000)
  t.mock.timers.setTime(now - 10 * dayMs)
  const late = await engine.wait(slow.id, never)
  assert.deepEqual([late.status, late.end?.reason], ['failed', 'timeout'])
})

test('a caller in this process gets events and result, and holds the program up', async () => {
  await using world = await openEngine()
  const { engine, backend } = world
  const spec = aSpec()
  const taken = Promise.withResolvers<void>()
  const seen: string[] = []
  const run = engine.run(spec, {
    signal: never,
    onEvent: async (event) => {
      seen.push(event.type === 'output' ? `${event.seq} ${event.bytes}` : event.phase)
      await taken.promise
    },
  })
  const execution = await backend.execution(spec.id)
  let written = false
  const write = execution.write('A').then(() => {
    written = true
  })
  await backend.cleanup('of another')
  assert.deepEqual([seen, written], [['0 A'], false])
  taken.resolve()
  await write
  execution.end({ exitCode: 0, stdout: Buffer.from('A') })
  const { workload, result, failure } = await run
  assert.deepEqual(
    [workload.status, String(result?.stdout), failure],
    ['completed', 'A', undefined],
  )
  assert.deepEqual(await Array.fromAsync(engine.events(spec.id)), [])
})

test('a caller in this process gets the error itself', async () => {
  await using world = await openEngine()
  const { engine, backend } = world
  const spec = aSpec()
  const run = engine.run(spec, { signal: never })
  const execution = await backend.execution(spec.id)
  const error = new BackendError('vmm_crashed', 'it broke', { consoleTail: 'Oops' })
  execution.answer.reject(error)
  const { workload, failure } = await run
  assert.deepEqual([workload.end?.reason, failure], ['vmm_crashed', error])
})

test('a signal kills what a caller runs, even one that was aborted before', async () => {
  await using world = await openEngine()
  const { engine, backend } = world
  const interruption = new AbortController()
  const spec = aSpec()
  const run = engine.run(spec, { signal: interruption.signal })
  await backend.execution(spec.id)
  interruption.abort()
  assert.equal((await run).workload.end?.reason, 'killed')
  const next = await engine.run(aSpec(), { signal: interruption.signal })
  assert.equal(next.workload.end?.reason, 'killed')
})
