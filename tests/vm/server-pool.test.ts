import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Workload } from '@vulcan/client'
import { python, ServerUnderTest, textOf } from '../support/server.ts'

const BOOT = 'print(open("/proc/sys/kernel/random/boot_id").read())'
/** Each look takes as long as a command. */
const LOOKS_MAX = 600

test('a server starts the next VM before its workload comes, and leaves none', async (t) => {
  const env = { VULCAN_POOL_MIN: '0', VULCAN_POOL_MAX: '1' }
  const server = await ServerUnderTest.start(t, { env })
  const first = await runIn(server, BOOT)
  assert.equal(first.phases?.[0]?.phase, 'image')

  await untilWaiting(server)
  const second = await runIn(server, BOOT)
  assert.deepEqual(names(second), ['request', 'running', 'ended'])
  assert.notEqual(textOf(first.stdout), textOf(second.stdout))
  const metrics = await (await server.fetch('/metrics')).text()
  assert.match(metrics, /^vulcan_pool_requests_total\{image="python",result="hit"\} 1$/m)
  assert.match(metrics, /^vulcan_pool_requests_total\{image="python",result="miss"\} 1$/m)
  assert.match(metrics, /^vulcan_interpreter_starts_total\{image="python",result="warm"\} 1$/m)

  await untilWaiting(server)
  await server.kill()
  await server.start()
  await runIn(server, 'print("the dead one left nothing in the way")')
  await server.stop()
})

async function runIn(server: ServerUnderTest, code: string): Promise<Workload> {
  const client = server.client()
  const { id } = await client.submit(python(code))
  const workload = await client.wait(id)
  assert.equal(workload.reason, 'exited', workload.error ?? '')
  return workload
}

/** Resolves when a VM waits, as an operator would see it. */
async function untilWaiting({ vulcan }: ServerUnderTest): Promise<void> {
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    const { stdout } = await vulcan.run(['pool', 'ls', '--json'])
    const shelves: { runtime: string; waiting: number }[] = JSON.parse(String(stdout))
    if (shelves.some(({ runtime, waiting }) => runtime === 'python' && waiting > 0)) return
  }
  assert.fail('no VM waits')
}

function names({ phases }: Workload): string[] | undefined {
  return phases?.map(({ phase }) => phase)
}
