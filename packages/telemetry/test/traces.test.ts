import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import type { Workload } from '@vulcan/schema'
import type { Telemetry } from '@vulcan/telemetry'
import { attributesOf, type CollectedSpan, startCollector } from './support/collector.ts'
import { live, startTelemetry } from './support/telemetry-under-test.ts'
import { aWorkload, ended } from './support/workloads.ts'

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
const CALLER_SPAN_ID = 'b7ad6b7169203331'
const SERVER_KIND = 2
const STATUS_ERROR = 2
const PHASES = ['image', 'drives', 'vmm', 'booting', 'request', 'running', 'ended']

async function setUp(t: TestContext, env = {}, openWorkloadsMax = 100) {
  const held = new AsyncDisposableStack()
  t.after(() => held[Symbol.asyncDispose]())
  const collector = held.use(await startCollector())
  const subject = await startTelemetry({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_METRICS_EXPORTER: 'none', ...env },
    openWorkloadsMax,
  })
  const { telemetry } = held.use(subject)
  return {
    ...subject,
    /** All spans, when what is left was sent. */
    async spans(): Promise<CollectedSpan[]> {
      await telemetry[Symbol.asyncDispose]()
      return collector.spans()
    },
  }
}

/** A server that accepts a workload for each request, when it has read the body. */
async function serve(t: TestContext, { traceRequest, watcher }: Telemetry) {
  const accepted: Workload[] = []
  const server = createServer((request, response) => {
    const { method = '', headers } = request
    const trace = traceRequest({ id: 'request-1', method, headers })
    response.on('close', () => trace.end({ route: '/v1/workloads', status: response.statusCode }))
    void trace.run(async () => {
      await text(request)
      trace.run(() => {
        const workload = aWorkload()
        watcher.accepted(workload)
        accepted.push(workload)
        response.statusCode = 202
        response.end()
      })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/v1/workloads`, server, accepted }
}

function named(spans: readonly CollectedSpan[], name: string): CollectedSpan {
  const found = spans.filter((span) => span.name === name)
  assert.equal(found.length, 1, `${found.length} spans are "${name}"`)
  return found[0]!
}

test('one trace shows a workload from the request, that of its caller, to the release', async (t) => {
  const { telemetry, spans } = await setUp(t)
  const { url, server, accepted } = await serve(t, telemetry)
  const answered = once(server, 'request').then(([, response]) => once(response, 'close'))
  const answer = await fetch(url, {
    method: 'POST',
    body: '{}',
    headers: { traceparent: `00-${TRACE_ID}-${CALLER_SPAN_ID}-01` },
  })
  await answer.arrayBuffer()
  await answered
  const workload = accepted[0]!
  // Another one's, in whose way this one gets its slot.
  const other = telemetry.traceRequest({ id: 'request-2', method: 'GET', headers: {} })
  other.run(() => {
    telemetry.watcher.started(workload, 20)
    for (const phase of PHASES) telemetry.watcher.phase(workload.id, phase as 'image', 0)
    telemetry.watcher.ended(ended(workload, 'exited', 700), 800)
  })
  telemetry.watcher.released(workload.id, 30)
  other.end({ route: '/', status: 200 })

  const all = (await spans()).filter(({ traceId }) => traceId === TRACE_ID)
  const request = named(all, 'POST /v1/workloads')
  assert.equal(request.parentSpanId, CALLER_SPAN_ID)
  assert.equal(request.kind, SERVER_KIND)
  assert.deepEqual(attributesOf(request), {
    'http.request.method': 'POST',
    'vulcan.request.id': 'request-1',
    'http.route': '/v1/workloads',
    'http.response.status_code': 202,
  })
  const whole = named(all, 'workload')
  assert.equal(whole.parentSpanId, request.spanId)
  const { id } = workload
  const attributes = attributesOf(whole)
  assert.equal(attributes['vulcan.workload.id'], id)
  assert.equal(attributes['vulcan.workload.reason'], 'exited')
  assert.equal(attributes['vulcan.workload.exit_code'], 3)
  const stages = ['queue', ...PHASES, 'release']
  for (const stage of stages) assert.equal(named(all, stage).parentSpanId, whole.spanId)
  assert.equal(all.length, 2 + stages.length)
  const startOf = (name: string) => BigInt(named(all, name).startTimeUnixNano)
  const endOf = (name: string) => BigInt(named(all, name).endTimeUnixNano)
  stages.slice(1).forEach((stage, at) => {
    assert.equal(startOf(stage), endOf(stages[at]!), `${stage} begins where ${stages[at]} ends`)
  })
  assert.ok(startOf('queue') >= startOf('workload'))
  assert.equal(endOf('release'), endOf('workload'))
})

test('nothing that a user gave is in a trace', async (t) => {
  const { telemetry, spans } = await setUp(t)
  const workload = aWorkload({ args: ['an-argument'], owner: 'key-of-somebody' })
  telemetry.watcher.accepted(workload)
  telemetry.watcher.started(workload, 1)
  telemetry.watcher.ended(ended(workload, 'boot_failed', 1), 1)
  telemetry.watcher.released(workload.id, 1)
  const words = JSON.stringify(await spans())
  assert.match(words, new RegExp(workload.id))
  assert.doesNotMatch(words, /an-argument|key-of-somebody|words of a guest/)
})

for (const [what, live_, names] of [
  [
    'was killed while it waited',
    ({ watcher }: Telemetry, workload: Workload) => {
      watcher.accepted(workload)
      watcher.ended(ended(workload, 'killed', null), 5)
    },
    ['queue', 'workload'],
  ],
  [
    'was released before its end was recorded',
    ({ watcher }: Telemetry, workload: Workload) => {
      watcher.accepted(workload)
      watcher.started(workload, 1)
      watcher.phase(workload.id, 'image', 0)
      watcher.released(workload.id, 5)
      watcher.ended(ended(workload, 'killed', 5), 5)
    },
    ['queue', 'image', 'workload'],
  ],
  [
    'is still open when the host ends',
    ({ watcher }: Telemetry, workload: Workload) => {
      watcher.accepted(workload)
      watcher.started(workload, 1)
      watcher.phase(workload.id, 'image', 0)
    },
    ['queue', 'image', 'workload'],
  ],
  [
    'was taken over from an earlier process',
    ({ watcher }: Telemetry, workload: Workload) => {
      watcher.started(workload, 1)
      watcher.phase(workload.id, 'image', 0)
      watcher.ended(ended(workload, 'exited', 5), 5)
      watcher.released(workload.id, 5)
    },
    ['image', 'release', 'workload'],
  ],
] as const) {
  test(`all spans of a workload end that ${what}`, async (t) => {
    const { telemetry, spans } = await setUp(t)
    live_(telemetry, aWorkload())
    assert.deepEqual(
      (await spans()).map(({ name }) => name),
      names,
    )
  })
}

test('a workload that failed is an error in its trace, and one that was killed is none', async (t) => {
  const { telemetry, spans } = await setUp(t)
  for (const reason of ['vmm_crashed', 'killed'] as const) {
    const workload = aWorkload()
    telemetry.watcher.accepted(workload)
    telemetry.watcher.started(workload, 1)
    telemetry.watcher.ended(ended(workload, reason, 1), 1)
    telemetry.watcher.released(workload.id, 1)
  }
  const wholes = (await spans()).filter(({ name }) => name === 'workload')
  assert.deepEqual(
    wholes.map(({ status }) => status),
    [{ code: STATUS_ERROR, message: 'vmm_crashed' }, { code: 0 }],
  )
})

test('a trace whose caller does not sample it is not sent', async (t) => {
  const { telemetry, spans } = await setUp(t)
  const headers = { traceparent: `00-${TRACE_ID}-${CALLER_SPAN_ID}-00` }
  const trace = telemetry.traceRequest({ id: 'r', method: 'POST', headers })
  trace.run(() => live(telemetry, aWorkload()))
  trace.end({ route: '/v1/workloads', status: 201 })
  assert.deepEqual(await spans(), [])
})

test('with OTEL_PROPAGATORS=none the trace of the caller is not heeded', async (t) => {
  const { telemetry, spans } = await setUp(t, { OTEL_PROPAGATORS: 'none' })
  const headers = { traceparent: `00-${TRACE_ID}-${CALLER_SPAN_ID}-01` }
  telemetry.traceRequest({ id: 'r', method: 'GET', headers }).end({ route: '/', status: 200 })
  const [span] = await spans()
  assert.notEqual(span?.traceId, TRACE_ID)
  assert.equal(span?.parentSpanId, undefined)
})

test('a sampler by ratio keeps none of the traces with 0', async (t) => {
  const { telemetry, spans } = await setUp(t, {
    OTEL_TRACES_SAMPLER: 'traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0',
  })
  live(telemetry, aWorkload())
  assert.deepEqual(await spans(), [])
})

test('of more workloads than may be open the oldest are ended and not counted', async (t) => {
  const { telemetry, value, spans } = await setUp(t, {}, 10)
  for (let n = 0; n < 25; n += 1) telemetry.watcher.accepted(aWorkload())
  assert.equal(await value('vulcan_workload_active', { state: 'pending' }), 10)
  assert.equal(await value('vulcan_workload_submitted_total', { runtime: 'python' }), 25)
  assert.equal((await spans()).filter(({ name }) => name === 'workload').length, 25)
})

test('workloads are counted by where they are', async (t) => {
  const { telemetry, value } = await setUp(t)
  const { watcher } = telemetry
  const states = async () => {
    const count = (state: string) => value('vulcan_workload_active', { state })
    return [await count('pending'), await count('running'), await count('releasing')]
  }
  const workload = aWorkload()
  assert.deepEqual(await states(), [0, 0, 0])
  watcher.accepted(workload)
  assert.deepEqual(await states(), [1, 0, 0])
  watcher.started(workload, 1)
  assert.deepEqual(await states(), [0, 1, 0])
  watcher.ended(ended(workload, 'exited', 1), 1)
  assert.deepEqual(await states(), [0, 0, 1])
  watcher.released(workload.id, 1)
  assert.deepEqual(await states(), [0, 0, 0])
})
