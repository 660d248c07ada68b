import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { startCollector } from './support/collector.ts'
import { startTelemetry } from './support/telemetry-under-test.ts'
import { aWorkload, ended } from './support/workloads.ts'

/** What disposing may take, with room for a machine that is busy. */
const FLUSH_MS_MAX = 20_000

/** Takes connections and never answers, or cuts them at once. */
async function deafCollector(t: TestContext, manner: 'silent' | 'cuts') {
  const sockets: Socket[] = []
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.on('error', () => undefined)
    if (manner === 'cuts') socket.destroy()
    else sockets.push(socket.resume())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return { url: `http://127.0.0.1:${address.port}`, server, connected: () => connections }
}

const FAST = {
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_BSP_SCHEDULE_DELAY: '1',
  OTEL_EXPORTER_OTLP_TIMEOUT: '200',
}

test('a collector that is down is said once, with what was lost, and without its password', async (t) => {
  const { url, connected } = await deafCollector(t, 'cuts')
  const OTEL_EXPORTER_OTLP_ENDPOINT = url.replace('//', '//user:secret@')
  const { telemetry, lines } = await startTelemetry({
    env: { ...FAST, OTEL_EXPORTER_OTLP_ENDPOINT },
  })
  t.after(() => telemetry[Symbol.asyncDispose]())
  for (let exports = 1; exports <= 3; exports += 1) {
    telemetry.watcher.accepted(aWorkload())
    telemetry.traceRequest({ id: 'r', method: 'GET', headers: {} }).end({ route: '/', status: 200 })
    while (connected() < exports) await turn()
  }
  while (lines.length === 0) await turn()
  assert.deepEqual(
    lines.map(({ level, msg, signal, collector, lost }) => ({
      level,
      msg,
      signal,
      collector,
      lost,
    })),
    [
      {
        level: 'warn',
        msg: 'a collector does not take telemetry',
        signal: 'traces',
        collector: url,
        lost: 1,
      },
    ],
  )
  assert.doesNotMatch(JSON.stringify(lines), /secret/)
})

test('a collector that never answers delays the end for a bounded time, and nothing else', async (t) => {
  const { url, server } = await deafCollector(t, 'silent')
  const { telemetry, value } = await startTelemetry({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_TIMEOUT: '60000' },
  })
  const connected = once(server, 'connection')
  for (let n = 0; n < 600; n += 1) {
    const workload = aWorkload()
    telemetry.watcher.accepted(workload)
    telemetry.watcher.ended(ended(workload, 'killed', null), 1)
  }
  await connected
  const killed = { runtime: 'python', reason: 'killed' }
  assert.equal(await value('vulcan_firecracker_workloads_total', killed), 600)
  const startedAtMs = performance.now()
  await telemetry[Symbol.asyncDispose]()
  assert.ok(performance.now() - startedAtMs < FLUSH_MS_MAX)
})

test('what a collector does not take in time is dropped beyond the queue', async () => {
  await using collector = await startCollector()
  await using subject = await startTelemetry({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_BSP_MAX_QUEUE_SIZE: '100',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '10',
    },
  })
  const { telemetry } = subject
  // At once, so that the collector has no chance to answer.
  for (let n = 0; n < 1_000; n += 1) {
    telemetry.traceRequest({ id: 'r', method: 'GET', headers: {} }).end({ route: '/', status: 200 })
  }
  await telemetry[Symbol.asyncDispose]()
  // A batch is on its way while the queue fills.
  assert.equal(collector.spans().length, 110)
})
