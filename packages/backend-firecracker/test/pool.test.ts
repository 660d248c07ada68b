import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { WorkloadEvent } from '@vulcan/schema'
import { ulid } from 'ulid'
import { listActiveVms } from '../src/lifecycle/active.ts'
import { listEnded } from '../src/lifecycle/ended.ts'
import type { Layout } from '../src/lifecycle/layout.ts'
import { MessageReader, writeMessage } from '../src/protocol/framing.ts'
import { READY, RESPONSE } from './support/agent-messages.ts'
import { answering, IDS, never, spec } from './support/backend-under-test.ts'
import {
  answer,
  mockTime,
  Preparations,
  preparing,
  setUpPool,
  setUpPreparingAnew,
  succeed,
  typeOf,
} from './support/pool-under-test.ts'

test('a workload gets a VM that waits, and begins with its request', async (t) => {
  const { backend, fake, layout, watcher } = await setUpPool(t, preparing())
  await watcher.until(1)
  const [waiting] = await listActiveVms(layout)
  assert.deepEqual([waiting?.waits, waiting?.workloadId], [true, null])
  const phases: string[] = []
  const onEvent = (event: WorkloadEvent) =>
    void (event.type === 'phase' && phases.push(event.phase))
  const result = await backend.execute(spec(), { signal: never, onEvent })
  assert.equal(result.outcome, 'exited')
  assert.deepEqual(phases, ['request', 'running', 'ended'])
  assert.deepEqual([watcher.asked, watcher.starts], [['hit'], ['warm']])
  assert.deepEqual(watcher.modes, ['cold', 'warm'])
  await fake.vms[0]?.ended
  await backend.idle()
  const [end] = await listEnded(layout)
  assert.deepEqual([end?.workloadId, end?.id, end?.reason], [IDS[0], waiting?.id, 'exited'])
})

test('each VM is used once, and another one takes its place', async (t) => {
  const { backend, fake, watcher } = await setUpPool(t, preparing())
  for (const id of IDS) {
    await watcher.until(1)
    await backend.execute(spec({ id }), { signal: never })
  }
  await backend.idle()
  await watcher.until(1)
  assert.deepEqual(watcher.asked, ['hit', 'hit', 'hit'])
  assert.equal(fake.vms.length, 4)
  assert.equal(new Set(fake.vms.map(({ id }) => id)).size, 4)
})

test('a shape that nobody has wanted is booted, and waits from then on', async (t) => {
  const { backend, watcher, layout } = await setUpPool(t, preparing(), { min: 0 })
  await backend.execute(spec({ memMib: 256 }), { signal: never })
  await watcher.until(1)
  const [waiting] = (await listActiveVms(layout)).filter(({ waits }) => waits)
  assert.equal(waiting?.memMib, 256)
  await backend.execute(spec({ id: IDS[1], memMib: 256 }), { signal: never })
  assert.deepEqual(watcher.asked, ['miss', 'hit'])
})

test('a workload that comes while its VM is being started gets that one', async (t) => {
  const { promise: mayBeReady, resolve: beReady } = Promise.withResolvers<void>()
  const booting = Promise.withResolvers<void>()
  const { backend, fake, watcher } = await setUpPool(t, {
    ...preparing(),
    readiness: { ...READY, manner: { after: mayBeReady } },
    onCall: async (call) => {
      if (call === 'PUT /actions') booting.resolve()
    },
  })
  await booting.promise
  const running = backend.execute(spec(), { signal: never })
  beReady()
  assert.equal((await running).outcome, 'exited')
  assert.deepEqual(watcher.asked, ['miss'])
  assert.equal((await running).phases[0]?.phase, 'request')
  assert.equal(fake.vms[0]?.calls.includes('PUT /actions'), true)
})

test('what is killed while its VM is being started leaves that to the pool', async (t) => {
  const { promise: mayBeReady, resolve: beReady } = Promise.withResolvers<void>()
  const booting = Promise.withResolvers<void>()
  const { backend, watcher } = await setUpPool(t, {
    ...preparing(),
    readiness: { ...READY, manner: { after: mayBeReady } },
    onCall: async (call) => {
      if (call === 'PUT /actions') booting.resolve()
    },
  })
  await booting.promise
  const abort = new AbortController()
  const running = backend.execute(spec(), { signal: abort.signal })
  abort.abort()
  assert.equal((await running).outcome, 'killed')
  beReady()
  await watcher.until(1)
})

test('a VM that died while it waited is not handed out, and replaced', async (t) => {
  const { backend, fake, watcher, layout } = await setUpPool(t, preparing())
  await watcher.until(1)
  fake.vms[0]?.kill()
  await watcher.until(0)
  await watcher.until(1)
  await backend.execute(spec(), { signal: never })
  await backend.idle()
  const reasons = (await listEnded(layout)).map(({ reason, workloadId }) => [reason, workloadId])
  assert.deepEqual(reasons, [
    ['exited', IDS[0]],
    ['vmm_crashed', null],
  ])
})

test('where a VM that waits dies again and again, the next one comes after a pause', async (t) => {
  const goOn = mockTime(t)
  const { backend, fake, watcher } = await setUpPool(t, preparing(), { max: 1 })
  await watcher.until(1)
  fake.vms[0]?.kill()
  await watcher.until(0)
  await watcher.until(1)
  fake.vms[1]?.kill()
  await watcher.until(0)
  goOn(0)
  await backend.execute(spec(), { signal: never })
  assert.deepEqual(watcher.modes, ['cold', 'cold', 'cold'])
  goOn(60_000)
  await watcher.until(1)
  await backend.execute(spec({ id: IDS[1] }), { signal: never })
  assert.deepEqual(watcher.asked, ['miss', 'hit'])
})

test('a VM of an image that was replaced meanwhile is not handed out', async (t) => {
  const { backend, watcher, homeDir } = await setUpPool(t, preparing())
  await watcher.until(1)
  await writeFile(join(homeDir, 'rootfs/python.ext4'), 'another image')
  const result = await backend.execute(spec(), { signal: never })
  assert.deepEqual([watcher.asked, result.phases[0]?.phase], [['miss'], 'image'])
})

test('a VM during whose wait the host set its clock is not handed out', async (t) => {
  const { backend, watcher } = await setUpPool(t, preparing())
  await watcher.until(1)
  const now = Date.now
  t.mock.method(Date, 'now', () => now() + 1_000)
  await backend.execute(spec(), { signal: never })
  assert.deepEqual(watcher.asked, ['miss'])
})

test('VMs that have waited for almost an hour are replaced one after the other', async (t) => {
  const goOn = mockTime(t)
  const { fake, watcher } = await setUpPool(t, preparing(), { min: 2, max: 2 })
  await watcher.until(2)
  goOn(51 * 60_000)
  await fake.vms[0]?.ended
  await watcher.until(2)
  assert.equal(fake.vms.length, 3)
  goOn(10_000)
  await fake.vms[1]?.ended
  await watcher.until(2)
  assert.equal(fake.vms.length, 4)
})

test('a VM that is more than an hour old is not handed out', async (t) => {
  const goOn = mockTime(t)
  const { backend, watcher } = await setUpPool(t, preparing())
  await watcher.until(1)
  goOn(61 * 60_000)
  await backend.execute(spec(), { signal: never })
  assert.deepEqual(watcher.asked, ['miss'])
})

test('without its image a workload fails although its VM waits', async (t) => {
  const { backend, watcher, homeDir } = await setUpPool(t, preparing())
  await watcher.until(1)
  await rm(join(homeDir, 'rootfs/python.ext4'))
  await assert.rejects(backend.execute(spec(), { signal: never }), { code: 'image_missing' })
})

test('where an image cannot be looked at, VMs of it are not usable, and the rest goes on', async (t) => {
  const { backend, watcher, homeDir, problems } = await setUpPool(t, preparing(), { idleMs: 20 })
  await watcher.until(1)
  const path = join(homeDir, 'rootfs/python.ext4')
  await rm(path)
  await symlink(path, path)
  await watcher.until(0)
  await assert.rejects(backend.execute(spec(), { signal: never }))
  await rm(path)
  await writeFile(path, 'another image')
  await backend.execute(spec({ id: IDS[1] }), { signal: never })
  await watcher.until(1)
  assert.match(String(problems[0]), /ELOOP/)
})

test('a host whose kernel cannot be looked at opens its pool, which says so', async (t) => {
  const env = { VULCAN_FC_KERNEL_PATH: `/${'k'.repeat(300)}` }
  const { problems } = await setUpPool(t, preparing(), {}, env)
  assert.match(String(problems[0]), /ENAMETOOLONG/)
})

test('a VM whose agent is gone before the program begins is told, counted, and replaced by a new one', async (t) => {
  let connections = 0
  const { backend, watcher, problems } = await setUpPool(
    t,
    preparing(async (connection) => {
      connections += 1
      if (connections > 1) await succeed(connection)
    }),
  )
  await watcher.until(1)
  const result = await backend.execute(spec(), { signal: never })
  assert.equal(result.outcome, 'exited')
  const [first] = result.phases
  assert.equal(first?.phase, 'image')
  // So long the end of the first VM was waited for.
  assert.ok(first.atMs > 900)
  assert.deepEqual(watcher.asked, ['hit', 'lost'])
  assert.match(String(problems[0]), /the connection to the agent broke/)
})

test('a VM that fails when the program has begun is the end of its workload', async (t) => {
  const { backend, watcher } = await setUpPool(
    t,
    preparing(async (connection) => {
      await writeMessage(connection, { type: 'started', interpreter: 'warm' })
    }),
  )
  await watcher.until(1)
  await assert.rejects(backend.execute(spec(), { signal: never }), { code: 'agent_lost' })
})

test('a request that the agent refuses is refused once', async (t) => {
  const response = { ...RESPONSE, exit_code: null, error: 'no', reason: 'invalid_request' }
  const requests: unknown[] = []
  const { backend, watcher } = await setUpPool(
    t,
    preparing(async (connection, request) => {
      requests.push(request)
      await writeMessage(connection, { type: 'result', response })
    }),
  )
  await watcher.until(1)
  await assert.rejects(backend.execute(spec(), { signal: never }), { code: 'invalid_request' })
  assert.equal(requests.length, 1)
})

test('an agent that prepares nothing still saves the boot', async (t) => {
  const { backend, watcher } = await setUpPool(t, {
    readiness: READY,
    guest: async (connection) => {
      const request = await new MessageReader(connection).next()
      const isRun = request instanceof Object && 'code' in request
      if (isRun) await succeed(connection)
      else await writeMessage(connection, { type: 'result', response: { error: 'unknown' } })
    },
  })
  await watcher.until(1)
  const result = await backend.execute(spec(), { signal: never })
  assert.deepEqual([watcher.asked, result.phases[0]?.phase], [['hit'], 'request'])
})

test('what has waited for long is prepared anew, once the agent has ended what it had', async (t) => {
  const goOn = mockTime(t)
  const preparations = new Preparations()
  const { backend, watcher } = await setUpPool(t, preparing(succeed, preparations.next))
  await watcher.until(1)
  const refused = preparations.meet((connection) => answer(connection, 'busy'))
  const again = preparations.meet()
  goOn(9 * 60_000)
  await Promise.all([refused, again])
  await watcher.until(1)
  await backend.execute(spec(), { signal: never })
  assert.deepEqual(watcher.asked, ['hit'])
})

test('a VM without an interpreter that waits is asked for a sign of life, and not prepared anew', async (t) => {
  const goOn = mockTime(t)
  const asked = Promise.withResolvers<void>()
  const requests: unknown[] = []
  const { watcher } = await setUpPool(t, {
    readiness: READY,
    guest: async (connection) => {
      const type = typeOf(await new MessageReader(connection).next())
      requests.push(type)
      if (requests.length > 1) asked.resolve()
      if (type === 'ping') await answer(connection)
      else await writeMessage(connection, { type: 'prepared', interpreter: 'none' })
      await once(connection, 'close')
    },
  })
  await watcher.until(1)
  goOn(9 * 60_000)
  await asked.promise
  assert.deepEqual(requests, ['prepare', 'ping'])
})

test('while one VM is prepared anew the other one can be taken', async (t) => {
  const { backend, watcher, mayEnd } = await setUpPreparingAnew(t, { min: 2 })
  await backend.execute(spec(), { signal: never })
  assert.deepEqual(watcher.asked, ['hit'])
  mayEnd()
})

test('a workload that comes while the only VM is prepared anew gets that one', async (t) => {
  const { backend, watcher, mayEnd } = await setUpPreparingAnew(t, { max: 1 })
  const running = backend.execute(spec(), { signal: never })
  mayEnd()
  assert.equal((await running).phases[0]?.phase, 'request')
  assert.deepEqual(watcher.asked, ['miss'])
})

test('a VM whose taker gives up is released where another one has its place meanwhile', async (t) => {
  const pool = await setUpPreparingAnew(t, { max: 1 })
  const { backend, fake, watcher, goOn, mayEnd } = pool
  const abort = new AbortController()
  const running = backend.execute(spec(), { signal: abort.signal })
  goOn(10_000)
  await watcher.until(1)
  abort.abort()
  assert.equal((await running).outcome, 'killed')
  mayEnd()
  await fake.vms[0]?.ended
  assert.equal(watcher.waiting, 1)
})

test('a VM that cannot be prepared anew is ended, and another one takes its place', async (t) => {
  const goOn = mockTime(t)
  const preparations = new Preparations()
  const script = preparing(succeed, preparations.next)
  const { backend, fake, watcher, problems } = await setUpPool(t, script)
  await watcher.until(1)
  const again = preparations.meet(async (connection) => void connection.destroy())
  goOn(9 * 60_000)
  await again
  await fake.vms[0]?.ended
  await watcher.until(1)
  await backend.execute(spec(), { signal: never })
  assert.deepEqual(watcher.asked, ['hit'])
  assert.match(String(problems[0]), /agent/)
})

test('of two VMs, of which one is taken now and then, the other one ends as spare', async (t) => {
  const goOn = mockTime(t)
  const preparations = new Preparations()
  const { backend, watcher } = await setUpPool(t, preparing(succeed, preparations.next), {
    idleMs: 10 * 60_000,
  })
  const execute = () => backend.execute(spec({ id: ulid() }), { signal: never })
  await watcher.until(1)
  await Promise.all([execute(), execute()])
  await watcher.until(2)
  goOn(5 * 60_000)
  await execute()
  await watcher.until(2)
  const again = preparations.meet()
  goOn(4 * 60_000)
  await again
  await watcher.until(2)
  await execute()
  await watcher.until(2)
  goOn(2 * 60_000)
  await watcher.until(1)
})

test('VMs beyond the minimum that wait in vain are ended, and nothing is kept of them', async (t) => {
  const goOn = mockTime(t)
  const { backend, watcher, layout } = await setUpPool(t, preparing(), { min: 0, idleMs: 60_000 })
  await backend.execute(spec(), { signal: never })
  await watcher.until(1)
  goOn(61_000)
  await watcher.until(0)
  await backend.shutdown()
  assert.deepEqual(
    (await listEnded(layout)).map(({ id }) => id),
    [IDS[0]],
  )
})

test('no more VMs wait than there is memory for', async (t) => {
  const { backend, watcher } = await setUpPool(t, preparing(), { min: 2, memMib: 700 })
  await watcher.until(1)
  await backend.execute(spec(), { signal: never })
  await backend.execute(spec({ id: IDS[1] }), { signal: never })
  await backend.idle()
  await watcher.until(1)
  assert.equal(watcher.asked.length, 2)
})

test('where the machine is full, VMs that wait make room for a workload, and come back later', async (t) => {
  const goOn = mockTime(t)
  const { backend, fake, watcher } = await setUpPool(t, preparing())
  await watcher.until(1)
  const memMib = 1024 * 1024
  await assert.rejects(backend.execute(spec({ memMib }), { signal: never }), {
    code: 'no_capacity',
  })
  assert.equal(watcher.waiting, 0)
  await backend.execute(spec({ id: IDS[1] }), { signal: never })
  await backend.idle()
  assert.equal(fake.vms.length, 2)
  goOn(61_000)
  await watcher.until(1)
})

test('a start that fails is told, and workloads boot their own', async (t) => {
  const { backend, fake, watcher, problems } = await setUpPool(t, {
    faults: { 'PUT /vsock': 'no such device' },
  })
  await watcher.untilFailed()
  fake.script = answering({ type: 'started' }, { type: 'result', response: RESPONSE })
  const result = await backend.execute(spec(), { signal: never })
  assert.equal(result.outcome, 'exited')
  assert.match(String(problems[0]), /no such device/)
})

test('a shape whose start failed is not tried again before it is wanted again', async (t) => {
  const goOn = mockTime(t)
  const { backend, fake, watcher, layout } = await setUpPool(
    t,
    { faults: { 'PUT /vsock': 'no such device' } },
    { min: 0, max: 1 },
  )
  const execute = backend.execute(spec({ memMib: 256 }), { signal: never })
  await Promise.all([watcher.untilFailed(), assert.rejects(execute, { code: 'boot_failed' })])
  fake.script = preparing()
  goOn(120_000)
  await backend.execute(spec({ id: IDS[1] }), { signal: never })
  await watcher.until(1)
  assert.deepEqual(await waitingMib(layout), [512])
  await backend.idle()
  assert.deepEqual(
    (await listEnded(layout)).map(({ workloadId }) => workloadId),
    [IDS[1], IDS[0]],
  )
})

test('what nobody has wanted for long is not started when there is room for it at last', async (t) => {
  const goOn = mockTime(t)
  const limits = { min: 0, max: 1, memMib: 700, idleMs: 600_000 }
  const { backend, watcher, layout } = await setUpPool(t, preparing(), limits)
  await backend.execute(spec(), { signal: never })
  await watcher.until(1)
  await backend.execute(spec({ id: IDS[1], memMib: 600 }), { signal: never })
  await backend.idle()
  goOn(601_000)
  await watcher.until(0)
  await backend.execute(spec({ id: IDS[2], memMib: 520 }), { signal: never })
  await watcher.until(1)
  assert.deepEqual(await waitingMib(layout), [520])
})

test('a workload for whose shape there is never memory is a miss', async (t) => {
  const { backend, watcher } = await setUpPool(t, preparing(), { min: 0, memMib: 256 })
  await backend.execute(spec(), { signal: never })
  assert.deepEqual(watcher.asked, ['miss'])
})

test('a shutdown ends what waits and what is being started', async (t) => {
  const booting = Promise.withResolvers<void>()
  const { backend, fake, watcher, assertNothingLeft } = await setUpPool(t, preparing(), { min: 2 })
  await watcher.until(1)
  fake.script = {
    ...preparing(),
    readiness: { ...READY, manner: 'silent' },
    onCall: async (call) => {
      if (call === 'PUT /actions') booting.resolve()
    },
  }
  await Promise.race([booting.promise, watcher.until(2)])
  await backend.shutdown()
  assert.equal(watcher.waiting, 0)
  await assertNothingLeft()
})

test('a pool that is closed ends what waits and starts nothing more, while a workload goes on', async (t) => {
  const mayEnd = Promise.withResolvers<void>()
  const started = Promise.withResolvers<void>()
  const { backend, fake, watcher, assertNothingLeft } = await setUpPool(
    t,
    preparing(async (connection) => {
      await writeMessage(connection, { type: 'started', interpreter: 'warm' })
      started.resolve()
      await mayEnd.promise
      await writeMessage(connection, { type: 'result', response: RESPONSE })
    }),
  )
  await watcher.until(1)
  const running = backend.execute(spec(), { signal: never })
  await started.promise
  await watcher.until(1)
  backend.closePool()
  await watcher.until(0)
  mayEnd.resolve()
  assert.equal((await running).outcome, 'exited')
  await backend.idle()
  assert.equal(watcher.waiting, 0)
  assert.equal(fake.vms.length, 2)
  await backend.shutdown()
  await assertNothingLeft()
})

test('a VM that is killed with its workload running is not one of the pool any more', async (t) => {
  const started = Promise.withResolvers<void>()
  const { backend, watcher, assertNothingLeft } = await setUpPool(
    t,
    preparing(async (connection) => {
      await writeMessage(connection, { type: 'started', interpreter: 'warm' })
      started.resolve()
      await once(connection, 'close')
    }),
  )
  await watcher.until(1)
  const running = backend.execute(spec(), { signal: never })
  await started.promise
  await backend.cleanup(IDS[0])
  assert.equal((await running).outcome, 'killed')
  await backend.shutdown()
  await assertNothingLeft()
})

/** The memory of each VM that waits. */
async function waitingMib(layout: Layout): Promise<number[]> {
  const vms = await listActiveVms(layout)
  return vms.filter(({ waits }) => waits).map(({ memMib }) => memMib)
}
