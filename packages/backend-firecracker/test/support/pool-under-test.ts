import { EventEmitter, once } from 'node:events'
import type { Duplex } from 'node:stream'
import type { TestContext } from 'node:test'
import type { FakeScript } from '@vulcan/firecracker/testing'
import type { PoolLimits } from '../../src/pool/limits.ts'
import { MessageReader, writeMessage } from '../../src/protocol/framing.ts'
import type { VmWatcher } from '../../src/vm-watcher.ts'
import { READY, RESPONSE } from './agent-messages.ts'
import { type Setup, setUp } from './backend-under-test.ts'

const nothing = () => undefined

/** What a pool did, for tests that wait for it. */
export class PoolWatcher implements VmWatcher {
  /** VMs that wait now. */
  waiting = 0
  readonly asked: string[] = []
  readonly interpreted: VmWatcher['interpreted'] = (_, start) => void this.starts.push(start)
  readonly starts: string[] = []
  readonly started: VmWatcher['started'] = ({ mode }) => void this.modes.push(mode)
  readonly modes: string[] = []
  readonly opened = nothing
  readonly startFailed = nothing
  readonly connected = nothing
  readonly answered = nothing
  readonly released = nothing
  readonly poolGave = nothing
  readonly #changes = new EventEmitter()

  poolAsked(_: string, result: string): void {
    this.asked.push(result)
  }

  poolChanged(_: string, change: number): void {
    this.waiting += change
    this.#changes.emit('change')
  }

  poolRefilled(_: string, result: string): void {
    this.#changes.emit(`refill ${result}`)
  }

  async until(waiting: number): Promise<void> {
    while (this.waiting !== waiting) await once(this.#changes, 'change')
  }

  async untilFailed(): Promise<void> {
    await once(this.#changes, 'refill error')
  }
}

export interface PoolSetup extends Setup {
  readonly watcher: PoolWatcher
}

/** A pool looks at least so often. */
const LOOK_EVERY_MS = 10_000
const LIMITS: PoolLimits = { min: 1, max: 2, idleMs: 3_600_000, memMib: 4096 }

export async function setUpPool(
  t: TestContext,
  script: FakeScript,
  limits: Partial<PoolLimits> = {},
  env = {},
): Promise<PoolSetup> {
  const watcher = new PoolWatcher()
  const pool = { ...LIMITS, ...limits }
  return { ...(await setUp(t, script, env, { watcher, pool })), watcher }
}

/** Puts the clocks forward that a pool goes by; with it the pool looks after its VMs. */
export function mockTime(t: TestContext): (byMs: number) => void {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const [sinceStart, sinceEpoch] = [performance.now.bind(performance), Date.now]
  let aheadMs = 0
  t.mock.method(performance, 'now', () => sinceStart() + aheadMs)
  t.mock.method(Date, 'now', () => sinceEpoch() + aheadMs)
  return (byMs) => {
    aheadMs += byMs
    t.mock.timers.tick(LOOK_EVERY_MS)
  }
}

/** An agent that prepares runs, does what it is told with the connection, and answers pings. */
export function preparing(
  carryOut: (connection: Duplex, request: unknown) => Promise<void> = succeed,
  prepare: (connection: Duplex) => Promise<void> = havePrepared,
): FakeScript {
  return {
    readiness: READY,
    guest: async (connection) => {
      const reader = new MessageReader(connection, 1 << 24)
      const first = await reader.next()
      if (typeOf(first) === 'ping') return answer(connection)
      if (typeOf(first) !== 'prepare') return carryOut(connection, first)
      await prepare(connection)
      const request = await reader.next()
      if (request !== undefined) await carryOut(connection, request)
    },
  }
}

export async function havePrepared(connection: Duplex): Promise<void> {
  await writeMessage(connection, { type: 'prepared', interpreter: 'waiting' })
}

/** How agents meet requests to prepare a run: each has prepared it at once, where nothing else is said. */
export class Preparations {
  readonly #ahead: ((connection: Duplex) => Promise<void>)[] = []

  readonly next = (connection: Duplex): Promise<void> => {
    const meet = this.#ahead.shift() ?? havePrepared
    return meet(connection)
  }

  /** Says how the next one is met of which nothing was said; resolves when it is there. */
  meet(how: (connection: Duplex) => Promise<void> = havePrepared): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#ahead.push((connection) => {
      resolve()
      return how(connection)
    })
    return promise
  }
}

/** A pool that is full and prepares one of its VMs anew, which `mayEnd` ends. */
export async function setUpPreparingAnew(t: TestContext, limits: Partial<PoolLimits>) {
  const goOn = mockTime(t)
  const preparations = new Preparations()
  const pool = await setUpPool(t, preparing(succeed, preparations.next), limits)
  await pool.watcher.until(limits.min ?? LIMITS.min)
  const { promise, resolve: mayEnd } = Promise.withResolvers<void>()
  const begun = preparations.meet(async (connection) => {
    await promise
    await havePrepared(connection)
  })
  goOn(9 * 60_000)
  await begun
  return { ...pool, goOn, mayEnd }
}

/** The end of an operation that is no run. */
export async function answer(connection: Duplex, error = ''): Promise<void> {
  await writeMessage(connection, { type: 'result', response: { error } })
}

export async function succeed(connection: Duplex): Promise<void> {
  await writeMessage(connection, { type: 'started', interpreter: 'warm' })
  await writeMessage(connection, { type: 'result', response: RESPONSE })
}

/** The kind of a message of the guest protocol. */
export function typeOf(message: unknown): unknown {
  return message instanceof Object && 'type' in message ? message.type : undefined
}
