import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { Registry } from '@vulcan/backend'
import { FakeBackend } from '@vulcan/backend/testing'
import { Engine, MemoryStore } from '@vulcan/engine'
import { KeylessAuthenticator, Server } from '@vulcan/server'
import { createLogger, Telemetry } from '@vulcan/telemetry'
import * as z from 'zod'

const TRACE_IDS = ['0af7651916cd43dd8448eb211c80319c', '4bf92f3577b34da6a3ce929d0e0e4736'] as const
const CALLER_SPAN_ID = 'b7ad6b7169203331'

const Spans = z.object({
  resourceSpans: z.array(
    z.object({
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              name: z.string(),
            }),
          ),
        }),
      ),
    }),
  ),
})
type Span = z.infer<typeof Spans>['resourceSpans'][number]['scopeSpans'][number]['spans'][number]

/** A collector of traces on the loopback. */
async function startCollector(held: AsyncDisposableStack) {
  const spans: Span[] = []
  const server = createServer(async (request, response) => {
    const { resourceSpans } = Spans.parse(await json(request))
    for (const { scopeSpans } of resourceSpans) {
      spans.push(...scopeSpans.flatMap((scope) => scope.spans))
    }
    response.setHeader('content-type', 'application/json')
    response.end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  held.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans }
}

/** A host put together as `vulcan serve` does, but with a backend without VMs and with one slot. */
async function openHost(t: TestContext) {
  const held = new AsyncDisposableStack()
  t.after(() => held[Symbol.asyncDispose]())
  const collector = await startCollector(held)
  const lines: Record<string, unknown>[] = []
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const logger = createLogger({ level: 'info', destination })
  const telemetry = held.use(
    await Telemetry.start({
      env: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces` },
      version: '1.2.3',
      nodeId: 'here',
      logger,
    }),
  )
  const backend = new FakeBackend(1)
  const registry = new Registry()
  registry.register(backend)
  const engine = held.use(
    await Engine.open({
      store: held.use(new MemoryStore()),
      registry,
      nodeId: 'here',
      defaults: { cpus: 1, memMib: 512 },
      watcher: telemetry.watcher,
      onProblem: (error) => assert.fail(String(error)),
    }),
  )
  const server = held.use(
    await Server.listen({
      engine,
      logger,
      listen: { host: '127.0.0.1', port: 0 },
      authenticator: new KeylessAuthenticator({ listenAddress: '127.0.0.1' }),
      backends: () => [backend],
      defaults: { cpus: 1, memMib: 512, network: 'none' },
      readiness: () => assert.fail('nobody asks'),
      metrics: () => telemetry.scrape(),
      onRequest: telemetry.onRequest,
      traceRequest: telemetry.traceRequest,
    }),
  )
  return { backend, engine, lines, url: server.url, spans: collector.spans, held }
}

async function submit(url: string, traceId: string) {
  const answer = await fetch(`${url}/v1/workloads/async`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      traceparent: `00-${traceId}-${CALLER_SPAN_ID}-01`,
    },
    body: JSON.stringify({ runtime: 'python', code: 'print("of-a-user")', args: ['an-argument'] }),
  })
  const { id } = z.object({ id: z.string() }).parse(await answer.json())
  return { id, requestId: answer.headers.get('x-request-id') }
}

test('one trace shows a workload from its request through the queue to its release', async (t) => {
  const { backend, engine, lines, url, spans, held } = await openHost(t)
  const submitted = [await submit(url, TRACE_IDS[0]), await submit(url, TRACE_IDS[1])]
  // The second gets the slot of the first, and so in its way.
  for (const { id } of submitted) {
    const execution = await backend.execution(id)
    await execution.phase('image')
    await execution.phase('running')
    await execution.write('output-of-a-guest')
    await execution.phase('ended')
    execution.exit()
    await engine.wait(id, new AbortController().signal)
  }
  const scraped = await (await fetch(`${url}/metrics`)).text()
  await held[Symbol.asyncDispose]()

  for (const [n, traceId] of TRACE_IDS.entries()) {
    const trace = spans.filter((span) => span.traceId === traceId)
    const named = (name: string) => trace.find((span) => span.name === name) ?? assert.fail(name)
    const request = named('POST /v1/workloads/async')
    const whole = named('workload')
    assert.equal(request.parentSpanId, CALLER_SPAN_ID)
    assert.equal(whole.parentSpanId, request.spanId)
    const stages = trace.filter(({ parentSpanId }) => parentSpanId === whole.spanId)
    assert.deepEqual(
      stages.map(({ name }) => name),
      ['queue', 'image', 'running', 'ended', 'release'],
    )
    const line = lines.find((each) => each['workload_id'] === submitted[n]?.id)
    assert.equal(line?.['trace_id'], traceId)
    assert.equal(line?.['request_id'], submitted[n]?.requestId)
  }
  assert.match(scraped, /^vulcan_workload_submitted_total\{runtime="python"\} 2$/m)
  const ended =
    /^vulcan_firecracker_workloads_total\{runtime="python",status="completed",reason="exited"\} 2$/m
  assert.match(scraped, ended)
  assert.match(scraped, /^vulcan_logs_bytes_total\{stream="stdout"\} 34$/m)
  const requests =
    /^vulcan_http_requests_total\{method="POST",path="\/v1\/workloads\/async",status="202"\} 2$/m
  assert.match(scraped, requests)
  assert.doesNotMatch(JSON.stringify(lines), /of-a-user|an-argument|output-of-a-guest/)
})
