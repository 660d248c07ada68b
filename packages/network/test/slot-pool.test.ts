import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NetworkPolicy } from '@vulcan/schema'
import { SlotPool } from '../src/index.ts'

const never = new AbortController().signal

interface TestSlot extends AsyncDisposable {
  readonly number: number
  readonly policy: NetworkPolicy
}

/** Slots whose making the test lets go or fail, one by one. */
class Workshop {
  readonly released: number[] = []
  readonly errors: unknown[] = []
  readonly #orders: Order[] = []
  #awaited = Promise.withResolvers<void>()
  #made = 0

  pool(ready: number): SlotPool<TestSlot> {
    return new SlotPool<TestSlot>({
      ready,
      make: (policy, signal) => this.#make(policy, signal),
      onRefillError: (error) => this.errors.push(error),
    })
  }

  get waiting(): number {
    return this.#orders.length
  }

  /** Waits until somebody wants a slot, and makes it. */
  async finish(): Promise<NetworkPolicy> {
    const { policy, done } = await this.#next()
    this.#made += 1
    const number = this.#made
    done.resolve({
      number,
      policy,
      [Symbol.asyncDispose]: async () => {
        this.released.push(number)
      },
    })
    await settled()
    return policy
  }

  async fail(error: Error): Promise<void> {
    const { done } = await this.#next()
    done.reject(error)
    await settled()
  }

  #make(policy: NetworkPolicy, signal: AbortSignal): Promise<TestSlot> {
    const done = Promise.withResolvers<TestSlot>()
    signal.addEventListener('abort', () => done.reject(signal.reason), { once: true })
    this.#orders.push({ policy, done })
    this.#awaited.resolve()
    return done.promise
  }

  async #next(): Promise<Order> {
    while (this.#orders.length === 0) {
      this.#awaited = Promise.withResolvers<void>()
      await this.#awaited.promise
    }
    return this.#orders.shift()!
  }
}

interface Order {
  readonly policy: NetworkPolicy
  readonly done: PromiseWithResolvers<TestSlot>
}

/** Once everything that was already resolved has had its effect. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

test('the next slot is made only when whoever took the last one is no longer busy', async () => {
  const workshop = new Workshop()
  await using pool = workshop.pool(1)
  await workshop.finish()
  const busy = Promise.withResolvers<void>()
  assert.equal((await pool.take('public', never, busy.promise)).number, 1)
  await settled()
  assert.equal(workshop.waiting, 0)
  busy.resolve()
  assert.equal(await workshop.finish(), 'public')
})

test('public slots are ready before they are asked for, and each is handed out once', async () => {
  const workshop = new Workshop()
  await using pool = workshop.pool(2)
  await workshop.finish()
  await workshop.finish()
  assert.equal(workshop.waiting, 0)
  const first = await pool.take('public', never)
  const second = await pool.take('public', never)
  assert.deepEqual([first.number, second.number], [1, 2])
  assert.equal(workshop.waiting, 1)
  await workshop.finish()
  await workshop.finish()
  assert.equal((await pool.take('public', never)).number, 3)
})

test('slots of another policy are kept ready once it was asked for', async () => {
  const workshop = new Workshop()
  await using pool = workshop.pool(1)
  assert.equal(await workshop.finish(), 'public')
  const taken = pool.take('all', never)
  assert.deepEqual([await workshop.finish(), await workshop.finish()], ['all', 'all'])
  assert.equal((await taken).policy, 'all')
  assert.equal((await pool.take('all', never)).policy, 'all')
})

test('without ready slots one is made on demand', async () => {
  const workshop = new Workshop()
  await using pool = workshop.pool(0)
  assert.equal(workshop.waiting, 0)
  const taken = pool.take('public', never)
  await workshop.finish()
  assert.equal((await taken).number, 1)
  assert.equal(workshop.waiting, 0)
})

test('a failed refill is told, and the next take makes a slot and tries again', async () => {
  const workshop = new Workshop()
  await using pool = workshop.pool(1)
  const error = new Error('no address left')
  await workshop.fail(error)
  assert.deepEqual(workshop.errors, [error])
  assert.equal(workshop.waiting, 0)
  const taken = pool.take('public', never)
  await settled()
  assert.equal(workshop.waiting, 2)
  await workshop.finish()
  await workshop.finish()
  assert.equal((await taken).policy, 'public')
})

test('a take that cannot make a slot throws what making it threw', async () => {
  const workshop = new Workshop()
  await using pool = workshop.pool(0)
  const error = new Error('no address left')
  const refused = assert.rejects(pool.take('public', never), error)
  await workshop.fail(error)
  await refused
  assert.deepEqual(workshop.errors, [])
})

test('an abort ends a take, and takes nothing from those that are ready', async () => {
  const workshop = new Workshop()
  await using pool = workshop.pool(1)
  await workshop.finish()
  const reason = new Error('enough')
  await assert.rejects(pool.take('public', AbortSignal.abort(reason)), reason)
  assert.equal((await pool.take('public', never)).number, 1)
  const abort = new AbortController()
  const ended = assert.rejects(pool.take('public', abort.signal), reason)
  abort.abort(reason)
  await ended
})

test('disposal releases what is ready, ends a refill under way, and hands out no more', async () => {
  const workshop = new Workshop()
  const pool = workshop.pool(2)
  await workshop.finish()
  assert.equal(workshop.waiting, 1)
  await pool[Symbol.asyncDispose]()
  assert.deepEqual(workshop.released, [1])
  assert.deepEqual(workshop.errors, [])
  await assert.rejects(pool.take('public', never), /closed/)
})

test('a slot that is finished although the pool was disposed is released too', async () => {
  const released: string[] = []
  const made = Promise.withResolvers<AsyncDisposable>()
  const pool = new SlotPool({
    ready: 1,
    make: () => made.promise,
    onRefillError: () => assert.fail(),
  })
  const disposed = pool[Symbol.asyncDispose]()
  made.resolve({
    [Symbol.asyncDispose]: async () => {
      released.push('late')
    },
  })
  await disposed
  assert.deepEqual(released, ['late'])
})

test('a slot that cannot be released at disposal is told, and keeps no other', async () => {
  const errors: unknown[] = []
  const released: string[] = []
  const error = new Error('busy')
  const slots = ['fails', 'works'].map((name) => ({
    [Symbol.asyncDispose]: async () => {
      if (name === 'fails') throw error
      released.push(name)
    },
  }))
  const full = Promise.withResolvers<void>()
  const pool = new SlotPool({
    ready: 2,
    make: async () => {
      const slot = slots.shift()!
      if (slots.length === 0) full.resolve()
      return slot
    },
    onRefillError: (each) => errors.push(each),
  })
  await full.promise
  await pool[Symbol.asyncDispose]()
  assert.deepEqual(errors, [error])
  assert.deepEqual(released, ['works'])
})
