import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { VulcanServer } from '../src/adapters/vulcan-server.ts'
import { ReleaseWatch } from '../src/measure/release.ts'
import { takeSample } from '../src/measure/take-sample.ts'
import { WarmWatch } from '../src/measure/warm-watch.ts'
import { hello } from '../src/programs.ts'
import type { Sample } from '../src/result.ts'
import { Metrics } from '../src/served/metrics.ts'
import { ServerMetrics } from '../src/served/server-metrics.ts'
import { standIn } from './support/stand-in.ts'

const { signal } = new AbortController()

interface Counted {
  readonly running?: number
  readonly releasing?: number
  readonly warm?: number
  /** VMs that hold something and do not wait. */
  readonly leftover?: number
  readonly misses?: number
  readonly interpreters?: number
  readonly releases?: number
}

function page(counted: Counted): string {
  const { running = 0, releasing = 0, warm = 0, leftover = 0 } = counted
  const { misses = 0, interpreters = 0, releases = 0 } = counted
  return `# HELP vulcan_workload_active Accepted.
# TYPE vulcan_workload_active gauge
vulcan_workload_active{state="running"} ${running}
vulcan_workload_active{state="releasing"} ${releasing}
vulcan_pool_warm{image="python"} ${warm}
vulcan_firecracker_active_vms ${warm + leftover}
vulcan_pool_requests_total{image="python",result="miss"} ${misses}
vulcan_pool_requests_total{image="python",result="hit"} 7
vulcan_interpreter_starts_total{image="python",result="warm"} ${interpreters}
vulcan_firecracker_vm_cleanup_seconds_sum{result="ok"} ${releases / 4}
vulcan_firecracker_vm_cleanup_seconds_count{result="ok"} ${releases}
`
}

/** Answers with these pages, one after the other, and then always with the last. */
function pages(...all: Counted[]) {
  let at = 0
  return () => {
    const body = page(all[Math.min(at, all.length - 1)] ?? {})
    at += 1
    return { body }
  }
}

test('counts are added up over the labels that nobody asked for', () => {
  const metrics = new Metrics(page({ misses: 2 }))
  assert.equal(metrics.sum('vulcan_pool_requests_total'), 9)
  assert.equal(metrics.sum('vulcan_pool_requests_total', { result: 'miss' }), 2)
  assert.equal(metrics.sum('vulcan_nothing'), 0)
  assert.ok(metrics.has('vulcan_workload_active'))
  assert.ok(!metrics.has('vulcan_nothing'))
})

test('labels with quotes and backslashes, and exponents, are read', () => {
  const metrics = new Metrics('a{x="q\\"}",y="2"} 1.5e3 1700000000\nb +Inf\n')
  assert.equal(metrics.sum('a', { y: '2' }), 1500)
})

test('a metric of which nothing was counted yet is there', () => {
  assert.ok(new Metrics('# TYPE vulcan_pool_warm gauge\n').has('vulcan_pool_warm'))
})

test('a server is quiet when nothing runs or is released, and its pool is full', async (t) => {
  const url = await standIn(
    t,
    pages(
      { running: 1, warm: 2 },
      { releasing: 1, warm: 2 },
      { warm: 2, leftover: 1 },
      { warm: 1 },
      { warm: 2, misses: 5 },
    ),
  )
  using server = new ServerMetrics({ url, key: undefined }, 2)
  const metrics = await server.quiet(signal)
  assert.equal(metrics.sum('vulcan_pool_requests_total', { result: 'miss' }), 5)
})

test('whoever waits for a quiet server can stop waiting', async (t) => {
  const url = await standIn(t, pages({ running: 1 }))
  using server = new ServerMetrics({ url, key: undefined }, 0)
  const stopped = new AbortController()
  stopped.abort(new Error('stopped'))
  await assert.rejects(server.quiet(stopped.signal))
})

test('a release that goes on after the answer is timed, and counted once', async (t) => {
  const url = await standIn(
    t,
    pages({ releases: 3 }, { releases: 3, releasing: 1 }, { releases: 4 }),
  )
  using server = new ServerMetrics({ url, key: undefined }, 0)
  const watch = new ReleaseWatch(server)
  await watch.before()
  assert.deepEqual(await watch.after(12, signal), {
    durationMs: 12,
    releases: 1,
    releaseMs: 250,
    releasedBeforeAnswer: 0,
  })
})

test('a release that is over when the answer comes is told apart', async (t) => {
  const url = await standIn(t, pages({}, { releases: 1 }))
  using server = new ServerMetrics({ url, key: undefined }, 0)
  const watch = new ReleaseWatch(server)
  await watch.before()
  const facts = await watch.after(12, signal)
  assert.equal(facts['releasedBeforeAnswer'], 1)
})

/** A server that counts, with programs that print what they are to: all but those that a test wants to fail. */
async function countingServer(t: TestContext, isToFail: (run: number) => boolean) {
  let runs = 0
  const url = await standIn(t, ({ path, body }) => {
    if (path === '/healthz') return { body: {} }
    // Each VM is released, and each failed run was a miss with an interpreter of its own.
    if (path === '/metrics') return { body: page({ releases: runs, misses: failed, interpreters }) }
    runs += 1
    if (isToFail(runs)) {
      failed += 1
      return {
        body: { status: 'failed', exit_code: null, output: '', error: 'no', duration_ms: 1 },
      }
    }
    interpreters += 1
    const [, printed = ''] = /\("(.+)"\)/.exec(String(body['code'])) ?? []
    const output = Buffer.from(`${printed}\n`).toString('base64')
    return { body: { status: 'completed', exit_code: 0, output, error: '', duration_ms: 1 } }
  })
  let [failed, interpreters] = [0, 0]
  const metrics = new ServerMetrics({ url, key: undefined }, 0)
  t.after(() => metrics[Symbol.dispose]())
  return { url, key: undefined, metrics }
}

test('a run that fails makes the good one after it no other', async (t) => {
  for (const watchOf of [
    (metrics: ServerMetrics) => new ReleaseWatch(metrics),
    (metrics: ServerMetrics) => new WarmWatch(metrics, 'warm'),
  ]) {
    const server = await countingServer(t, (run) => run === 2)
    const watch = watchOf(server.metrics)
    await using adapter = await VulcanServer.open('cold', server, { watch })
    const samples: Sample[] = []
    for (let run = 0; run < 3; run += 1) {
      samples.push(await takeSample(adapter, hello('python'), signal))
    }
    assert.deepEqual(
      samples.map(({ ms, facts }) => [ms !== null, facts?.['releases'], facts?.['releaseMs']]),
      [
        [true, 1, 250],
        [false, undefined, undefined],
        [true, 1, 250],
      ],
    )
  }
})

test('a run that found no warm VM is none of a warm arm', async (t) => {
  // Each run reads two pages before it, and two after it.
  const url = await standIn(t, pages({}, {}, { misses: 1 }))
  using server = new ServerMetrics({ url, key: undefined }, 0)
  const watch = new WarmWatch(server, 'none')
  await watch.before()
  await assert.rejects(watch.after(12, signal), /no warm VM was there/)
  await watch.before()
  await watch.after(12, signal)
})

test('neither is one that had another interpreter than it was to have', async (t) => {
  const url = await standIn(t, pages({}, {}, { interpreters: 1 }))
  using server = new ServerMetrics({ url, key: undefined }, 0)
  const fresh = new WarmWatch(server, 'fresh')
  await fresh.before()
  await assert.rejects(fresh.after(12, signal), /an interpreter had waited/)
  await fresh.before()
  await fresh.after(12, signal)
  const warm = new WarmWatch(server, 'warm')
  await warm.before()
  await assert.rejects(warm.after(12, signal), /no interpreter had waited/)
})
