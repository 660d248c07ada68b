import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { VulcanError } from '@vulcan/schema'
import { createLogger } from '@vulcan/telemetry'
import { keptLog, live, startTelemetry } from './support/telemetry-under-test.ts'
import { aWorkload, ended } from './support/workloads.ts'

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
const TRACEPARENT = `00-${TRACE_ID}-b7ad6b7169203331-01`

test('a line is JSON with its level in words and the time as RFC 3339 writes it', () => {
  const { lines, logger } = keptLog()
  logger.info({ a: 1 }, 'hello')
  const [line] = lines
  assert.equal(line?.['level'], 'info')
  assert.equal(line?.['msg'], 'hello')
  assert.equal(line?.['a'], 1)
  assert.match(String(line?.['time']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
})

test('what is below the level is not written', () => {
  const written: string[] = []
  const destination = { write: (line: string) => void written.push(line) }
  const logger = createLogger({ level: 'warn', destination })
  logger.info('no')
  logger.warn('yes')
  assert.equal(written.length, 1)
})

test('what lets somebody in is in no line, wherever the headers are', () => {
  const { lines, logger } = keptLog()
  const headers = {
    authorization: 'Bearer vk_secret',
    cookie: 'secret',
    'proxy-authorization': 'secret',
    'set-cookie': 'secret',
    accept: '*/*',
  }
  logger.info({ headers })
  logger.info({ req: { headers } })
  logger.info({ res: { headers } })
  logger.info({ request: { headers } })
  logger.info(headers)
  assert.equal(lines.length, 5)
  assert.doesNotMatch(JSON.stringify(lines), /secret/)
  assert.match(JSON.stringify(lines), /\*\/\*/)
})

test('an error says its code, its words and its causes, and not what a guest wrote', () => {
  class GuestError extends VulcanError<'agent_lost'> {
    readonly phase = 'running'
    readonly consoleTail = 'bytes of a guest'
  }
  const { lines, logger } = keptLog()
  logger.error({ err: new GuestError('agent_lost', 'it is gone', { cause: new Error('reset') }) })
  const err = JSON.parse(JSON.stringify(lines[0]?.['err']))
  assert.equal(err.code, 'agent_lost')
  assert.equal(err.phase, 'running')
  assert.equal(err.message, 'it is gone')
  assert.equal(err.cause.message, 'reset')
  assert.doesNotMatch(JSON.stringify(lines), /bytes of a guest/)
})

test('a chain of causes without an end is cut', () => {
  const { lines, logger } = keptLog()
  const error = new Error('round')
  error.cause = error
  logger.error({ err: error })
  assert.ok(JSON.stringify(lines).length < 20_000)
})

test('each workload that ends has one line: its id, outcome and times, and nothing its user gave', async () => {
  await using subject = await startTelemetry()
  const { telemetry, lines } = subject
  const workload = aWorkload({ args: ['an-argument'], owner: 'key-of-somebody' })
  live(telemetry, workload)
  assert.equal(lines.length, 1)
  const { time: _, pid: _pid, hostname: _host, ...line } = lines[0]!
  assert.deepEqual(line, {
    level: 'info',
    workload_id: workload.id,
    runtime: 'python',
    reason: 'exited',
    exit_code: 3,
    duration_ms: 700,
    total_ms: 800,
    msg: 'workload ended',
  })
})

test('a line of a workload names its request and its trace, whoever gave it its slot', async () => {
  await using subject = await startTelemetry()
  const { telemetry, lines } = subject
  const { watcher } = telemetry
  const workload = aWorkload()
  const headers = { traceparent: TRACEPARENT }
  const trace = telemetry.traceRequest({ id: 'request-1', method: 'POST', headers })
  trace.run(() => watcher.accepted(workload))
  const other = telemetry.traceRequest({ id: 'request-2', method: 'POST', headers: {} })
  other.run(() => watcher.ended(ended(workload, 'killed', null), 1))
  assert.equal(lines[0]?.['request_id'], 'request-1')
  assert.equal(lines[0]?.['trace_id'], TRACE_ID)
})

test('a line that is written in the context of a request has its trace, and no other line has one', async () => {
  const { lines, logger } = keptLog()
  await using subject = await startTelemetry({ logger })
  const { telemetry } = subject
  const headers = { traceparent: TRACEPARENT }
  const trace = telemetry.traceRequest({ id: 'r', method: 'GET', headers })
  await trace.run(async () => {
    await Promise.resolve()
    logger.info('inside')
  })
  logger.info('outside')
  assert.deepEqual(
    lines.map(({ msg, trace_id }) => [msg, trace_id]),
    [
      ['inside', TRACE_ID],
      ['outside', undefined],
    ],
  )
})

test('standard error has every line at the exit, and nothing else', async () => {
  const program = `
    import { createLogger } from '@vulcan/telemetry'
    const logger = createLogger({ level: 'info' })
    for (let n = 0; n < 100; n += 1) logger.info({ n }, 'line')
  `
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [written, out] = await Promise.all([
    text(child.stderr),
    text(child.stdout),
    once(child, 'exit'),
  ])
  const lines = written.trimEnd().split('\n')
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).n),
    Array.from({ length: 100 }, (_, n) => n),
  )
  assert.equal(out, '')
})
