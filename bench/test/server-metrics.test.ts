import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReleaseWatch } from '../src/measure/release.ts'
import { WarmWatch } from '../src/measure/warm-watch.ts'
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
  const watch = await ReleaseWatch.on(server, signal)
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
  const facts = await (await ReleaseWatch.on(server, signal)).after(12, signal)
  assert.equal(facts['releasedBeforeAnswer'], 1)
})

test('a run that found no warm VM is none of a warm arm', async (t) => {
  const url = await standIn(t, pages({}, {}, { misses: 1 }))
  using server = new ServerMetrics({ url, key: undefined }, 0)
  const watch = await WarmWatch.on(server, signal)
  await assert.rejects(watch.after(12, 'none', signal), /no warm VM was there/)
  await watch.after(12, 'none', signal)
})

test('neither is one that had another interpreter than it was to have', async (t) => {
  const url = await standIn(t, pages({}, {}, { interpreters: 1 }))
  using server = new ServerMetrics({ url, key: undefined }, 0)
  const watch = await WarmWatch.on(server, signal)
  await assert.rejects(watch.after(12, 'fresh', signal), /its interpreter had waited/)
  await watch.after(12, 'fresh', signal)
  await assert.rejects(watch.after(12, 'warm', signal), /no interpreter had waited/)
})
