import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { TelemetryConfigError } from '@vulcan/telemetry'
import { startCollector } from './support/collector.ts'
import { live, startTelemetry } from './support/telemetry-under-test.ts'
import { aWorkload } from './support/workloads.ts'

const refusal = (variable: string) => (error: unknown) => {
  assert.ok(error instanceof TelemetryConfigError, String(error))
  assert.equal(error.code, 'config_invalid')
  assert.equal(error.variable, variable)
  assert.match(error.message, new RegExp(`^${variable} takes `))
  return true
}

for (const [variable, value] of [
  ['OTEL_SDK_DISABLED', 'yes'],
  ['OTEL_SERVICE_NAME', 'x'.repeat(300)],
  ['OTEL_RESOURCE_ATTRIBUTES', 'team'],
  ['OTEL_RESOURCE_ATTRIBUTES', 'team=a;b'],
  ['OTEL_RESOURCE_ATTRIBUTES', 'team=%zz'],
  ['OTEL_TRACES_EXPORTER', 'zipkin'],
  ['OTEL_TRACES_EXPORTER', 'console'],
  ['OTEL_METRICS_EXPORTER', 'console'],
  ['OTEL_LOGS_EXPORTER', 'otlp'],
  ['OTEL_PROPAGATORS', 'b3'],
  ['OTEL_TRACES_SAMPLER', 'sometimes'],
  ['OTEL_TRACES_SAMPLER_ARG', '0.5'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4317'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'grpc://collector:4317'],
  ['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', 'nonsense'],
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
  ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'http/protobuf'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization'],
  ['OTEL_EXPORTER_OTLP_TIMEOUT', '0'],
  ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', '10s'],
  ['OTEL_EXPORTER_OTLP_COMPRESSION', 'zstd'],
  ['OTEL_EXPORTER_OTLP_CERTIFICATE', '/nowhere/ca.pem'],
  ['OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY', '/nowhere/key.pem'],
  ['OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', 'both'],
  ['OTEL_BSP_MAX_QUEUE_SIZE', '-1'],
  ['OTEL_BSP_MAX_EXPORT_BATCH_SIZE', '4096'],
  ['OTEL_METRIC_EXPORT_INTERVAL', 'often'],
  ['OTEL_METRIC_EXPORT_TIMEOUT', '120000'],
  // Known to others, but not honoured here.
  ['OTEL_EXPORTER_PROMETHEUS_PORT', '9464'],
  ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', '10'],
  ['OTEL_CONFIG_FILE', '/etc/otel.yaml'],
  ['OTEL_NODE_RESOURCE_DETECTORS', 'all'],
] as const) {
  test(`${variable}=${value.slice(0, 40)} is refused, not ignored`, async () => {
    await assert.rejects(startTelemetry({ env: { [variable]: value } }), refusal(variable))
  })
}

test('a sampler by ratio takes a number from 0 to 1', async () => {
  const env = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio' }
  for (const OTEL_TRACES_SAMPLER_ARG of ['2', '-0.5', 'half', '.']) {
    await assert.rejects(
      startTelemetry({ env: { ...env, OTEL_TRACES_SAMPLER_ARG } }),
      refusal('OTEL_TRACES_SAMPLER_ARG'),
    )
  }
  await using _ = await startTelemetry({ env: { ...env, OTEL_TRACES_SAMPLER_ARG: '0.25' } })
})

test('no value of a variable is in an error: it may be a secret', async () => {
  const env = { OTEL_EXPORTER_OTLP_HEADERS: 'authorization%3DBearer-abc' }
  await assert.rejects(startTelemetry({ env }), (error: unknown) => {
    assert.ok(error instanceof Error)
    assert.doesNotMatch(error.message, /abc/)
    return true
  })
})

test('an empty value is none', async (t) => {
  const env = { OTEL_TRACES_SAMPLER: '', OTEL_EXPORTER_OTLP_ENDPOINT: '', OTEL_UNHEARD_OF: '' }
  const { value } = await running(t, env)
  assert.equal(await value('vulcan_build_info', { version: '1.2.3' }), 1)
})

test('without an endpoint nothing is sent', async (t) => {
  const { telemetry, lines } = await running(t, {})
  live(telemetry, aWorkload())
  await telemetry[Symbol.asyncDispose]()
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    ['workload ended'],
  )
})

test('traces and metrics go to the endpoint, with its headers, zipped', async (t) => {
  await using collector = await startCollector()
  const { telemetry } = await running(t, {
    OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc,x-tenant=one',
    OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'x-tenant=two',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_SERVICE_NAME: 'vulcan-of-ours',
    OTEL_RESOURCE_ATTRIBUTES: 'team=a%20b,service.name=overruled',
  })
  live(telemetry, aWorkload())
  await telemetry[Symbol.asyncDispose]()
  const sent = collector.requests.map(({ path, headers }) => ({
    path,
    tenant: headers['x-tenant'],
    authorization: headers.authorization,
  }))
  const authorization = 'Bearer abc'
  assert.deepEqual(
    sent.sort((one, other) => (one.path < other.path ? -1 : 1)),
    [
      { path: '/v1/metrics', tenant: 'two', authorization },
      { path: '/v1/traces', tenant: 'one', authorization },
    ],
  )
  for (const { body, headers } of collector.requests) {
    assert.equal(headers['content-encoding'], 'gzip')
    const words = JSON.stringify(body)
    assert.match(words, /"service.name","value":{"stringValue":"vulcan-of-ours"}/)
    assert.match(words, /"team","value":{"stringValue":"a b"}/)
    assert.match(words, /"service.instance.id","value":{"stringValue":"here"}/)
  }
})

test('each signal can have an endpoint of its own, taken as it is, or none', async (t) => {
  await using collector = await startCollector()
  const { telemetry } = await running(t, {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/spans`,
    OTEL_METRICS_EXPORTER: 'prometheus',
  })
  live(telemetry, aWorkload())
  await telemetry[Symbol.asyncDispose]()
  assert.deepEqual(
    collector.requests.map(({ path }) => path),
    ['/spans'],
  )
})

test('what is sent has the names of the table, without a unit in them', async (t) => {
  await using collector = await startCollector()
  const { telemetry } = await running(t, {
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${collector.url}/v1/metrics`,
  })
  live(telemetry, aWorkload())
  await telemetry[Symbol.asyncDispose]()
  const words = JSON.stringify(collector.requests)
  assert.match(words, /"name":"vulcan.workload.queue.duration"[^}]*"unit":"s"/)
  assert.doesNotMatch(words, /_seconds|_total/)
})

test('a certificate that can be read is taken', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'vt-'))
  t.after(() => rm(dir, { recursive: true }))
  const path = join(dir, 'ca.pem')
  await writeFile(path, 'not used without https')
  await running(t, { OTEL_EXPORTER_OTLP_CERTIFICATE: path })
})

async function running(t: TestContext, env: Readonly<Record<string, string>>) {
  const subject = await startTelemetry({ env })
  t.after(() => subject[Symbol.asyncDispose]())
  return subject
}
