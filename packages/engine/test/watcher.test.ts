import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { FakeBackend } from '@vulcan/backend/testing'
import { type EngineWatcher, MemoryStore } from '@vulcan/engine'
import { openEngine } from './support/engine-under-test.ts'
import { aSpec, aWorkload } from './support/workloads.ts'

const never = new AbortController().signal

/** What a watcher was told, a line each; `problem` is thrown by each of its methods. */
class Watcher implements EngineWatcher {
  readonly lines: string[] = []
  readonly durationsMs: number[] = []
  problem: Error | undefined

  accepted: EngineWatcher['accepted'] = ({ id, status }) => this.#take(id, `accepted ${status}`)
  started: EngineWatcher['started'] = ({ id, status }, waitedMs) =>
    this.#take(id, `started ${status}`, waitedMs)
  phase: EngineWatcher['phase'] = (id, phase, atMs) => this.#take(id, `phase ${phase} ${atMs}`)
  output: EngineWatcher['output'] = (id, stream, recorded, dropped) =>
    this.#take(id, `output ${stream} ${recorded} ${dropped}`)
  ended: EngineWatcher['ended'] = ({ id, status, end }, totalMs) =>
    this.#take(id, `ended ${status} ${end.reason}`, totalMs)
  released: EngineWatcher['released'] = (id, releaseMs) => this.#take(id, 'released', releaseMs)

  of(id: string): string[] {
    return this.lines.filter((line) => line.startsWith(id)).map((line) => line.slice(id.length + 1))
  }

  #take(id: string, words: string, durationMs = 0): void {
    this.lines.push(`${id} ${words}`)
    this.durationsMs.push(durationMs)
    if (this.problem !== undefined) throw this.problem
  }
}

test('a watcher is told the life of a workload in its order', async () => {
  const watcher = new Watcher()
  await using world = await openEngine({ watcher, backend: new FakeBackend(1) })
  const { engine, backend } = world
  const [first, second] = [aSpec(), aSpec()]
  await engine.submit(first)
  await engine.submit(second)
  const execution = await backend.execution(first.id)
  await execution.phase('booting')
  await execution.phase('running')
  await execution.write('12345', 'stderr')
  execution.exit()
  ;(await backend.execution(second.id)).fail('vmm_crashed')
  await engine.wait(second.id, never)
  await engine.drain({ graceMs: 1_000, waiting: 'keep' })
  assert.deepEqual(watcher.of(first.id), [
    'accepted pending',
    'started running',
    'phase booting 1',
    'phase running 1',
    'output stderr 5 0',
    'ended completed exited',
    'released',
  ])
  assert.deepEqual(watcher.of(second.id), [
    ...['accepted pending', 'started running', 'ended failed vmm_crashed', 'released'],
  ])
  const releaseOfFirst = watcher.lines.indexOf(`${first.id} released`)
  assert.ok(releaseOfFirst < watcher.lines.indexOf(`${second.id} started running`))
  assert.ok(watcher.durationsMs.every((durationMs) => durationMs >= 0 && durationMs < 60_000))
})

test('what never had a turn is only accepted and ended, and what was refused is not told', async () => {
  const watcher = new Watcher()
  await using world = await openEngine({ watcher, backend: new FakeBackend(1) })
  const { engine } = world
  await world.begin()
  const [waiting, refused] = [aSpec(), aSpec({ runtime: 'go' })]
  await engine.submit(waiting)
  await assert.rejects(engine.submit(refused))
  await engine.kill(waiting.id)
  assert.deepEqual(watcher.of(waiting.id), ['accepted pending', 'ended killed killed'])
  assert.deepEqual(watcher.of(refused.id), [])
})

test('a watcher is told what became of what an earlier process left', async () => {
  const store = new MemoryStore()
  const [died, waited] = [aWorkload(), aWorkload()]
  for (const workload of [died, waited]) {
    await store.insert(workload, aSpec({ id: workload.id }))
  }
  await store.start(died.id, 1)
  const watcher = new Watcher()
  await using world = await openEngine({ store, watcher })
  const { engine, backend } = world
  ;(await backend.execution(waited.id)).exit()
  await engine.wait(waited.id, never)
  assert.deepEqual(watcher.of(died.id), ['ended failed owner_died'])
  assert.deepEqual(watcher.of(waited.id).slice(0, 3), [
    ...['accepted pending', 'started running', 'ended completed exited'],
  ])
})

test('an acceptance is told in the context of who submits', async () => {
  const requests = new AsyncLocalStorage<string>()
  const watcher = new Watcher()
  const contexts: unknown[] = []
  watcher.accepted = () => contexts.push(requests.getStore())
  await using world = await openEngine({ watcher })
  await Promise.all(
    ['one', 'two'].map((name) => requests.run(name, () => world.engine.submit(aSpec()))),
  )
  assert.deepEqual(contexts, ['one', 'two'])
})

test('a watcher that throws loses no workload, and its fault is told', async () => {
  const watcher = new Watcher()
  watcher.problem = new Error('a bug')
  const problems: unknown[] = []
  await using world = await openEngine({
    watcher,
    onProblem: (problem) => problems.push(problem),
    backend: new FakeBackend(1),
  })
  const { engine, backend } = world
  const { spec, execution } = await world.begin()
  await execution.phase('running')
  await execution.write('words')
  execution.exit()
  assert.equal((await engine.wait(spec.id, never)).end?.reason, 'exited')
  const next = aSpec()
  await engine.submit(next)
  ;(await backend.execution(next.id)).exit()
  await engine.wait(next.id, never)
  assert.ok(problems.length >= 8 && problems.every((problem) => problem === watcher.problem))
})

test('what a backend says after it was given up is not heeded', async () => {
  const watcher = new Watcher()
  const backend = new FakeBackend(1)
  backend.heedsAborts = false
  await using world = await openEngine({ watcher, backend, deadlines: { endMs: 10 } })
  const { engine } = world
  const { spec, execution } = await world.begin()
  await engine.kill(spec.id)
  await execution.phase('running')
  await execution.write('late')
  execution.exit()
  while (engine.load.running > 0) await turn()
  assert.deepEqual(watcher.of(spec.id), [
    ...['accepted pending', 'started running', 'ended killed killed', 'released'],
  ])
  assert.deepEqual(await Array.fromAsync(engine.events(spec.id)), [])
})
