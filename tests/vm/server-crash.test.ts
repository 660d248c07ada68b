import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Workload } from '@vulcan/client'
import { ENDLESS, python, ServerUnderTest, textOf, untilOutput } from '../support/server.ts'

const COUNT = 20
/** Those that run when the server dies: the last ones of which anybody knows that they run. */
const VICTIMS = [4, 5]

test('after kill -9 amid twenty workloads each of them is accounted for', async (t) => {
  const server = await ServerUnderTest.start(t, { env: { VULCAN_FC_MAX_CONCURRENT_VMS: '2' } })
  const client = server.client()
  const submitted: Workload[] = []
  for (let n = 0; n < COUNT; n += 1) {
    const program = VICTIMS.includes(n) ? ENDLESS : python(`print("workload ${n}")`)
    submitted.push(await client.submit(program, { idempotencyKey: `workload-${n}` }))
  }
  const victims = submitted.filter((_, n) => VICTIMS.includes(n))
  await Promise.all(victims.map((victim) => untilOutput(client, victim)))
  const before = await states(server, submitted)
  const ended = before.filter(({ status }) => status === 'completed')
  assert.equal(ended.length, VICTIMS[0])
  await server.kill()

  await server.start()
  const restarted = server.client()
  const again = await restarted.submit(python('print("workload 0")'), {
    idempotencyKey: 'workload-0',
  })
  assert.equal(again.id, submitted[0]?.id)
  assert.deepEqual((await states(server, submitted)).slice(0, ended.length), ended)
  // Whatever runs when half of the rest has ended dies, too.
  await restarted.wait(submitted[12]?.id ?? '')
  const later = await states(server, submitted)
  await server.kill()

  await server.start()
  const last = server.client()
  const all = await Promise.all(submitted.map(({ id }) => last.wait(id)))
  for (const [n, { id, status, reason, stdout }] of all.entries()) {
    const known = later[n]
    if (known !== undefined && known.finishedAt !== null) assert.deepEqual(all[n], known)
    if (VICTIMS.includes(n)) {
      assert.deepEqual([status, reason, textOf(stdout)], ['failed', 'owner_died', 'running\n'])
    } else if (reason === 'owner_died') {
      assert.ok(known?.finishedAt === null, `workload ${id} had ended before its host died`)
    } else {
      assert.deepEqual([status, reason, textOf(stdout)], ['completed', 'exited', `workload ${n}\n`])
    }
  }
  const died = all.filter(({ reason }) => reason === 'owner_died').length
  assert.ok(died >= VICTIMS.length && died <= VICTIMS.length + 2, `${died} have died`)
  const { total, byStatus } = await last.stats()
  assert.equal(total, COUNT)
  assert.deepEqual(byStatus, {
    ...{ pending: 0, running: 0, killed: 0 },
    ...{ completed: COUNT - died, failed: died },
  })
  await server.stop()
})

function states(server: ServerUnderTest, workloads: readonly Workload[]): Promise<Workload[]> {
  const client = server.client()
  return Promise.all(workloads.map(({ id }) => client.get(id)))
}
