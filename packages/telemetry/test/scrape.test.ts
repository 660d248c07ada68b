import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type BoundedValues, INSTRUMENTS, type Instrument } from '../src/instruments.ts'
import type { Family } from './support/exposition.ts'
import { live, startTelemetry, type TelemetryUnderTest } from './support/telemetry-under-test.ts'
import { aWorkload } from './support/workloads.ts'

const TABLE: readonly Instrument[] = Object.values(INSTRUMENTS)
const TYPES = { counter: 'counter', updown: 'gauge', gauge: 'gauge', histogram: 'histogram' }

/** Does everything that is measured, and some things more than once. */
async function measureAll(t: TestContext) {
  const subject = await startTelemetry()
  t.after(() => subject[Symbol.asyncDispose]())
  const { telemetry } = subject
  const room = { used: 1, free: 9 }
  telemetry.observe({
    slots: () => room,
    memoryBytes: () => room,
    diskBytes: async () => room,
    queueLimit: () => 1000,
  })
  for (const runtime of ['go', 'node', 'python'] as const) live(telemetry, aWorkload({ runtime }))
  telemetry.onRequest({ method: 'POST', route: '/v1/workloads', status: 201, durationMs: 1500 })
  telemetry.onRequest({ method: 'GET', route: '/v1/workloads/{id}', status: 404, durationMs: 2 })
  const { vmWatcher } = telemetry
  vmWatcher.opened()
  const phases = [
    { phase: 'vmm', durationMs: 20 },
    { phase: 'booting', durationMs: 100 },
  ] as const
  vmWatcher.started({ mode: 'cold', durationMs: 120, phases })
  vmWatcher.startFailed('admission', 'no_capacity')
  vmWatcher.connected('ok', 1)
  vmWatcher.answered(500)
  vmWatcher.poolAsked('python', 'hit')
  vmWatcher.poolGave('python', 30_000)
  vmWatcher.poolRefilled('python', 'ok', 900)
  vmWatcher.poolChanged('python', 1)
  vmWatcher.interpreted('python', 'warm')
  vmWatcher.released('ok', 12)
  return subject
}

async function metricsOf({ families }: TelemetryUnderTest): Promise<Family[]> {
  // Who it is of, for which the labels are its user's.
  return (await families()).filter(({ name }) => name !== 'target_info')
}

test('what is scraped is what the table says, and all of it', async (t) => {
  const scraped = await metricsOf(await measureAll(t))
  assert.deepEqual(
    scraped.map(({ name, type, help }) => ({ name, type, help })).sort(byName),
    TABLE.map(({ prometheus, kind, help }) => ({ name: prometheus, type: TYPES[kind], help })).sort(
      byName,
    ),
  )
})

test('each metric has the labels and the buckets of the table', async (t) => {
  for (const { name, samples } of await metricsOf(await measureAll(t))) {
    const row = TABLE.find(({ prometheus }) => prometheus === name) ?? assert.fail(name)
    const labels = Object.keys(row.labels).sort()
    for (const sample of samples) {
      const found = Object.keys(sample.labels).filter((label) => label !== 'le')
      assert.deepEqual(found.sort(), labels, sample.name)
    }
    const bounds = samples.flatMap((sample) => sample.labels['le'] ?? [])
    const expected = row.buckets?.map(String).concat('+Inf') ?? []
    assert.deepEqual([...new Set(bounds)], expected, name)
  }
})

test('every value of a label is one that the table knows', async (t) => {
  const subject = await measureAll(t)
  const { telemetry } = subject
  // What a client chooses.
  for (let n = 0; n < 500; n += 1) {
    telemetry.onRequest({ method: `M${n}`, route: `/made-up/${n}`, status: 404, durationMs: 1 })
    telemetry.onRequest({ method: 'GET', route: `/x y"${n}`, status: 400, durationMs: 1 })
  }
  for (const { name, samples } of await metricsOf(subject)) {
    const row = TABLE.find(({ prometheus }) => prometheus === name) ?? assert.fail(name)
    for (const [label, values] of Object.entries(row.labels)) {
      const found = new Set(samples.map((sample) => sample.labels[label] ?? ''))
      assertKnown(`${name} ${label}`, found, values)
    }
  }
})

function assertKnown(
  what: string,
  found: ReadonlySet<string>,
  values: readonly string[] | BoundedValues,
): void {
  if ('pattern' in values) {
    assert.ok(found.size <= values.atMost, `${what} has ${found.size} values`)
    for (const value of found) assert.match(value, values.pattern, what)
  } else {
    for (const value of found) assert.ok(values.includes(value), `${what} is ${value}`)
  }
}

test('a metric has the unit in its name, and the names are unique', () => {
  const names = TABLE.map(({ prometheus }) => prometheus)
  assert.equal(new Set(names).size, names.length)
  for (const { kind, unit, prometheus } of TABLE) {
    assert.match(prometheus, /^vulcan_[a-z_]+$/)
    if (kind === 'counter') assert.match(prometheus, /_total$/)
    if (unit === 's') assert.match(prometheus, /_seconds$/)
    if (unit === 'By') assert.match(prometheus, /_bytes(?:_total)?$/)
  }
})

test('the names that existing clients read are there, with at least the labels they use', () => {
  const labelsByName = new Map(
    TABLE.map(({ prometheus, labels }) => [prometheus, Object.keys(labels)]),
  )
  for (const [name, ...labels] of [
    ['vulcan_http_requests_total', 'method', 'path', 'status'],
    ['vulcan_http_request_duration_seconds', 'method', 'path'],
    ['vulcan_firecracker_vm_boot_seconds'],
    ['vulcan_firecracker_active_vms'],
    ['vulcan_firecracker_vsock_workload_seconds'],
    ['vulcan_firecracker_vm_cleanup_seconds'],
    ['vulcan_firecracker_workloads_total', 'runtime', 'status'],
  ] as const) {
    const found = labelsByName.get(name) ?? assert.fail(name)
    assert.deepEqual(
      labels.filter((label) => !found.includes(label)),
      [],
    )
  }
})

test('a workload is measured once', async (t) => {
  const subject = await startTelemetry()
  t.after(() => subject[Symbol.asyncDispose]())
  const { telemetry, value } = subject
  live(telemetry, aWorkload())
  const python = { runtime: 'python' }
  assert.equal(await value('vulcan_workload_submitted_total', python), 1)
  const exited = { ...python, status: 'completed', reason: 'exited' }
  assert.equal(await value('vulcan_firecracker_workloads_total', exited), 1)
  assert.equal(await value('vulcan_workload_queue_duration_seconds_sum', python), 0.02)
  assert.equal(await value('vulcan_workload_run_duration_seconds_sum', python), 0.7)
  assert.equal(await value('vulcan_workload_total_duration_seconds_sum', python), 0.8)
  assert.equal(await value('vulcan_logs_bytes_total', { stream: 'stdout' }), 100)
  assert.equal(await value('vulcan_logs_bytes_total', { stream: 'stderr' }), 10)
  assert.equal(await value('vulcan_logs_dropped_bytes_total', { stream: 'stderr' }), 5)
})

test('a gauge that cannot be read is said once, and the others are shown', async (t) => {
  const subject = await startTelemetry()
  t.after(() => subject[Symbol.asyncDispose]())
  const { telemetry, value, lines } = subject
  const room = () => ({ used: 1, free: 2 })
  telemetry.observe({
    slots: room,
    memoryBytes: room,
    diskBytes: async () => {
      throw new Error('the disk is gone')
    },
    queueLimit: () => 7,
  })
  assert.equal(await value('vulcan_queue_limit'), 7)
  assert.equal(await value('vulcan_node_disk_bytes', { state: 'free' }), undefined)
  const warnings = lines.filter(({ level }) => level === 'warn')
  assert.deepEqual(
    warnings.map(({ msg }) => msg),
    ['a gauge could not be read'],
  )
})

test('with OTEL_SDK_DISABLED nothing is measured, and scraping still answers', async (t) => {
  const { telemetry } = await startTelemetry({ env: { OTEL_SDK_DISABLED: 'true' } })
  t.after(() => telemetry[Symbol.asyncDispose]())
  live(telemetry, aWorkload())
  const { contentType, body } = await telemetry.scrape()
  assert.equal(contentType, 'text/plain; version=0.0.4; charset=utf-8')
  assert.equal(body, '# OTEL_SDK_DISABLED is true\n')
})

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : 1
}
