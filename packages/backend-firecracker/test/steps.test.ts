import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Step } from '../src/steps.ts'
import { framed, RESPONSE } from './support/agent-messages.ts'
import { answering, never, output, setUp, spec } from './support/backend-under-test.ts'

const RUN = [{ type: 'started' }, output('stdout', 'x'), { type: 'result', response: RESPONSE }]
const BEFORE_BOOT = ['image', 'drives', 'spawn', 'configure']
const OF_RUN = ['request', 'interpreter', 'first_byte', 'response', 'release']
/** Whole milliseconds of a guest, and the host's own time between two looks at its clock. */
const ROUNDING_MS = 2

/** The steps of a run whose agent says so of its boot. */
async function stepsOf(t: Parameters<typeof setUp>[0], ofBoot: object): Promise<Step[]> {
  const steps: Step[] = []
  const message = framed({ type: 'ready', version: '0.1.0', ...ofBoot })
  const script = { ...answering(...RUN), readiness: { port: 1024, message } }
  const { backend } = await setUp(t, script, {}, { onStep: (step) => steps.push(step) })
  const startedAtMs = performance.now()
  await backend.execute(spec(), { signal: never })
  await backend.idle()
  const endedAtMs = performance.now()
  for (const { name, beganAtMs, endedAtMs: atMs } of steps) {
    assert.ok(startedAtMs <= beganAtMs && beganAtMs <= atMs && atMs <= endedAtMs, name)
  }
  return steps.toSorted((one, other) => one.beganAtMs - other.beganAtMs)
}

const names = (steps: readonly Step[]) => steps.map(({ name }) => name)

test('each step of a VM and its workload is told, once and within the run', async (t) => {
  const steps = await stepsOf(t, {})
  assert.deepEqual(names(steps), [...BEFORE_BOOT, 'ready', ...OF_RUN])
})

test('what an agent tells of its boot is where the host heard of it', async (t) => {
  const stages = { init_ms: 0, root_ms: 1, listening_ms: 1 }
  const steps = await stepsOf(t, { uptime_ms: 2, stages })
  const ofBoot = ['start', 'kernel', 'initrd', 'agent', 'ready']
  assert.deepEqual(names(steps), [...BEFORE_BOOT, ...ofBoot, ...OF_RUN])
  const at = (name: Step['name']) => steps.find((step) => step.name === name) ?? assert.fail(name)
  assert.equal(at('kernel').beganAtMs, at('start').endedAtMs)
  assert.ok(at('ready').endedAtMs - at('kernel').beganAtMs <= 2 + ROUNDING_MS)
})

test('a guest started without an initrd has no such step', async (t) => {
  const steps = await stepsOf(t, { uptime_ms: 2, stages: { listening_ms: 1 } })
  assert.deepEqual(names(steps), [...BEFORE_BOOT, 'start', 'agent', 'ready', ...OF_RUN])
})

test('a guest that lies about its boot shows nothing outside of what the host saw', async (t) => {
  const hourMs = 3_600_000
  for (const [uptimeMs, listeningMs] of [
    [23 * hourMs, 0],
    [0, 23 * hourMs],
  ]) {
    const stages = { init_ms: hourMs, root_ms: 0, listening_ms: listeningMs }
    const steps = await stepsOf(t, { uptime_ms: uptimeMs, stages })
    const boot = steps.slice(BEFORE_BOOT.length, -OF_RUN.length)
    assert.deepEqual(names(boot), ['start', 'kernel', 'initrd', 'agent', 'ready'])
    for (const [at, step] of boot.slice(1).entries()) {
      assert.equal(step.beganAtMs, boot[at]?.endedAtMs)
    }
  }
})
