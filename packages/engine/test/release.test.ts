import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeBackend } from '@vulcan/backend/testing'
import { MemoryStore } from '@vulcan/engine'
import { openEngine, textsOf } from './support/engine-under-test.ts'

const never = new AbortController().signal

/** Says when a release begins. */
class WatchedBackend extends FakeBackend {
  readonly #began = Promise.withResolvers<void>()
  readonly #onRelease: () => void

  constructor(onRelease: () => void = () => undefined) {
    super()
    this.#onRelease = onRelease
  }

  get began(): Promise<void> {
    return this.#began.promise
  }

  override cleanup(workloadId: string): Promise<void> {
    this.#onRelease()
    this.#began.resolve()
    return super.cleanup(workloadId)
  }
}

/** Takes no end before the test lets it. */
class SlowStore extends MemoryStore {
  readonly disk = Promise.withResolvers<void>()

  override async end(...args: Parameters<MemoryStore['end']>): Promise<boolean> {
    await this.disk.promise
    return super.end(...args)
  }
}

test('whoever waits for a workload has it, and its output, before its release begins', async () => {
  const seen: string[] = []
  const backend = new WatchedBackend(() => seen.push('release'))
  await using world = await openEngine({ backend })
  const { engine } = world
  const { spec, execution } = await world.begin()
  const answered = engine.wait(spec.id, never).then(async ({ status }) => {
    const events = await Array.fromAsync(engine.events(spec.id, { follow: false }))
    seen.push(status, ...textsOf(events))
  })
  await execution.write('hello')
  execution.exit()
  await Promise.all([answered, backend.began])
  assert.deepEqual(seen, ['completed', 'hello', 'release'])
})

test('a store that is slow to take an end keeps no release waiting', async () => {
  const [backend, store] = [new WatchedBackend(), new SlowStore()]
  await using world = await openEngine({ backend, store })
  const { spec, execution } = await world.begin()
  execution.exit()
  await backend.began
  assert.equal((await world.engine.get(spec.id)).status, 'running')
  store.disk.resolve()
  assert.equal((await world.engine.wait(spec.id, never)).status, 'completed')
})
