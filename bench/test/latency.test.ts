import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { measureLatency } from '../src/measure/latency.ts'
import { QUICK } from '../src/plan.ts'
import { ServerMetrics } from '../src/served/server-metrics.ts'
import { pretendFiles } from './support/pretend-files.ts'
import { standIn } from './support/stand-in.ts'

const { signal } = new AbortController()
const ROUNDS = 2
const plan = { ...QUICK, warmUps: 1, rounds: { min: ROUNDS, max: ROUNDS, budgetMs: 0 }, echoes: 3 }

/** A server whose programs print what they are to, and that counts as a real one does. */
async function pretendServer(t: TestContext, poolSize: number, hasWarmInterpreters = false) {
  let [runs, warm] = [0, 0]
  const url = await standIn(t, ({ path, body }) => {
    if (path === '/metrics') {
      const lines = [
        `vulcan_pool_warm{image="node"} ${poolSize}`,
        `vulcan_firecracker_active_vms ${poolSize}`,
        `vulcan_interpreter_starts_total{image="node",result="warm"} ${warm}`,
        `vulcan_firecracker_vm_cleanup_seconds_count ${runs}`,
        `vulcan_firecracker_vm_cleanup_seconds_sum ${runs}`,
      ]
      return { body: `${lines.join('\n')}\n` }
    }
    if (path === '/healthz') return { body: {} }
    runs += 1
    if (hasWarmInterpreters && !('LC_MESSAGES' in Object(body['env']))) warm += 1
    const [, printed = ''] = /\("(.+)"\)/.exec(String(body['code'])) ?? []
    const output = Buffer.from(`${printed}\n`).toString('base64')
    return { body: { status: 'completed', exit_code: 0, output, error: '', duration_ms: 1 } }
  })
  const metrics = new ServerMetrics({ url, key: undefined }, poolSize)
  t.after(() => metrics[Symbol.dispose]())
  return { url, key: undefined, metrics }
}

async function measured(t: TestContext, isWarm: boolean, hasWarmInterpreters: boolean) {
  const { files } = await pretendFiles(t)
  const warm = isWarm ? await pretendServer(t, 2, hasWarmInterpreters) : undefined
  const setup = {
    files,
    cold: await pretendServer(t, 0),
    warm,
    noWarmBecause: 'there is no pool',
    other: undefined,
    signal,
    onProgress: () => undefined,
  }
  const all = await measureLatency(setup, 'node', plan)
  return new Map(all.map((series) => [series.arm, series]))
}

test('all arms are measured in turns, each as it is meant', async (t) => {
  const series = await measured(t, true, true)
  for (const arm of ['cold', 'by-hand', 'warm-vm', 'warm-interpreter', 'open-vm'] as const) {
    const samples = series.get(arm)?.samples ?? []
    assert.deepEqual(
      samples.map(({ error }) => error),
      [undefined, undefined],
      arm,
    )
  }
  assert.equal(series.get('echo')?.samples.length, ROUNDS * plan.echoes)
  for (const { facts } of series.get('cold')?.samples ?? []) {
    assert.deepEqual(facts, {
      durationMs: 1,
      releases: 1,
      releaseMs: 1000,
      releasedBeforeAnswer: 1,
    })
  }
})

test('without a pool the warm arms say so, and the others are measured', async (t) => {
  const series = await measured(t, false, false)
  for (const arm of ['warm-vm', 'warm-interpreter'] as const) {
    assert.equal(series.get(arm)?.unavailable, 'there is no pool')
  }
  assert.equal(series.get('cold')?.samples.length, ROUNDS)
})

test('a server whose VMs have no warm interpreters has warm VMs only', async (t) => {
  const series = await measured(t, true, false)
  assert.deepEqual(
    series.get('warm-vm')?.samples.map(({ error }) => error),
    [undefined, undefined],
  )
  assert.match(
    series.get('warm-interpreter')?.unavailable ?? '',
    /no interpreter had waited for 1 of 1/,
  )
})
