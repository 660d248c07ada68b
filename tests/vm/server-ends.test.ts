import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '@vulcan/client'
import {
  ENDLESS,
  python,
  ServerUnderTest,
  textOf,
  untilOutput,
  untilPhase,
} from '../support/server.ts'

const ONE_AT_ONCE = { VULCAN_FC_MAX_CONCURRENT_VMS: '1' }

test('a workload is killed wherever it is, and once', async (t) => {
  const server = await ServerUnderTest.start(t, { env: ONE_AT_ONCE })
  const client = server.client()
  const running = await client.submit(ENDLESS)
  await untilOutput(client, running)
  const waiting = await client.submit(ENDLESS)
  const booting = await client.submit(ENDLESS)
  assert.equal((await client.get(waiting.id)).status, 'pending')
  const whileQueued = await client.kill(waiting.id)
  assert.partialDeepStrictEqual(whileQueued, {
    ...{ status: 'killed', reason: 'killed', startedAt: null, durationMs: null, phases: [] },
  })
  const whileRunning = await client.kill(running.id)
  assert.deepEqual([whileRunning.status, whileRunning.exitCode], ['killed', null])
  assert.equal(textOf(whileRunning.stdout), 'running\n')
  await untilPhase(client, booting, 'booting')
  const whileBooting = await client.kill(booting.id)
  assert.deepEqual([whileBooting.status, textOf(whileBooting.stdout)], ['killed', ''])
  assert.deepEqual(
    whileBooting.phases?.map(({ phase }) => phase).filter((phase) => phase !== 'ended'),
    ['image', 'drives', 'vmm', 'booting'],
  )
  for (const ended of [whileQueued, whileRunning, whileBooting]) {
    const isTooLate = (error: unknown) =>
      error instanceof ApiError && error.code === 'workload_ended' && error.status === 409
    await assert.rejects(client.kill(ended.id), isTooLate)
    assert.deepEqual(await client.get(ended.id), ended)
  }
  await server.stop()
})

test('a server that is told to stop lets a program end, and what waits runs after a restart', async (t) => {
  const server = await ServerUnderTest.start(t, {
    env: { ...ONE_AT_ONCE, VULCAN_DRAIN_MS: '600000' },
  })
  const client = server.client()
  const running = await client.submit(python('print("begun", flush=True)\nprint(input())'))
  const waiting = await client.submit(python('print("had waited")'))
  const endless = await client.submit(ENDLESS)
  await untilPhase(client, running, 'booting')
  await server.terminate()
  await server.ended()
  await server.start()
  const again = server.client()
  assert.partialDeepStrictEqual(await again.get(running.id), {
    ...{ status: 'completed', reason: 'exited', exitCode: 1 },
    stdout: new Uint8Array(Buffer.from('begun\n')),
  })
  const ended = await again.wait(waiting.id)
  assert.deepEqual([ended.reason, textOf(ended.stdout)], ['exited', 'had waited\n'])
  await untilOutput(again, endless)
  await server.terminate()
  server.hurry()
  await server.ended()
  await server.start()
  const shutDown = await server.client().get(endless.id)
  assert.deepEqual(
    [shutDown.status, shutDown.reason, textOf(shutDown.stdout)],
    ['killed', 'shutdown', 'running\n'],
  )
  await server.stop()
})
