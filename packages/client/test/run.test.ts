import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RunLostError } from '@vulcan/client'
import { hangUp, json, lines, problem, ScriptedServer } from './support/scripted-server.ts'
import { anEndedView, aView, base64, done, ID, output, phase } from './support/views.ts'

const accepted = json(aView({ status: 'pending' }), 202)
const killed = anEndedView({ status: 'killed', reason: 'killed', exit_code: null, error: 'killed' })

test('a program that fails is a result', async () => {
  await using server = await ScriptedServer.open(accepted, json(aView()), json(anEndedView()))
  const result = await server.client().run('raise SystemExit(3)')
  assert.equal(result.id, ID)
  assert.equal(result.reason, 'exited')
  assert.equal(result.exitCode, 3)
  assert.equal(result.stdout, 'out\n')
  assert.deepEqual(result.stderrBytes, Uint8Array.from(Buffer.from('err\n')))
  assert.deepEqual(result.phases, [{ phase: 'running', atMs: 100 }])
  assert.deepEqual(JSON.parse(server.seen[0]?.body ?? ''), {
    runtime: 'python',
    code: 'raise SystemExit(3)',
    resources: {},
  })
})

test('everything that can be said of a workload is on the wire in its spelling', async () => {
  await using server = await ScriptedServer.open(accepted)
  const codeArchive = Uint8Array.from([0x1f, 0x8b, 0xff])
  await server.client().submit({
    ...{ runtime: 'go', codeArchive, entrypoint: 'cmd/main.go', args: ['-x'], stdin: 'ä' },
    ...{ env: { CAMEL_case: 'b' }, network: 'none', isolation: 'microvm', priority: 9 },
    ...{ cpus: 2, memMib: 256, timeoutS: 5, outputLimitBytes: 10 },
  })
  assert.deepEqual(JSON.parse(server.seen[0]?.body ?? ''), {
    ...{ runtime: 'go', code_archive: 'H4v/', entrypoint: 'cmd/main.go', args: ['-x'] },
    ...{ stdin: base64('ä'), env: { CAMEL_case: 'b' }, network: 'none', isolation: 'microvm' },
    ...{ priority: 9, resources: { cpus: 2, mem_mb: 256, timeout_s: 5 }, output_limit_bytes: 10 },
  })
})

test('listeners get output and phases as they come, each byte once, and hold the log up', async () => {
  const rest = Promise.withResolvers<void>()
  await using server = await ScriptedServer.open(
    accepted,
    async (response, seen) => {
      void lines([phase(0, 'running'), output(1, 'ou')], 'stay')(response, seen)
      await rest.promise
      response.end(`${JSON.stringify(output(2, 'err\n', 'stderr'))}\n${JSON.stringify(done)}\n`)
    },
    json(anEndedView()),
  )
  const heard: string[] = []
  const hear = (what: string) => (bytes: Uint8Array) => {
    heard.push(`${what} ${Buffer.from(bytes)}`)
    rest.resolve()
  }
  await server.client().run('x', {
    onStdout: hear('stdout'),
    onStderr: hear('stderr'),
    onPhase: (name, atMs) => void heard.push(`${name} ${atMs}`),
  })
  // The log had not the end of stdout; the workload has.
  assert.deepEqual(heard, ['running 5', 'stdout ou', 'stderr err\n', 'stdout t\n'])
})

test('an aborted run kills its workload and says how it ended, with all output', async () => {
  const abort = new AbortController()
  await using server = await ScriptedServer.open(
    accepted,
    lines([output(0, 'ou')], 'stay'),
    json(killed),
  )
  let heard = ''
  const result = await server.client().run('x', {
    signal: abort.signal,
    onStdout: (bytes) => {
      heard += Buffer.from(bytes)
      abort.abort()
    },
  })
  assert.equal(result.reason, 'killed')
  assert.equal(heard, 'out\n')
  assert.equal(server.calls.at(-1), `DELETE /v1/workloads/${ID}`)
})

test('an aborted run kills its workload while a listener is at work, who then gets the rest', async () => {
  const abort = new AbortController()
  const rest = Promise.withResolvers<void>()
  await using server = await ScriptedServer.open(
    accepted,
    lines([output(0, 'ou')], 'stay'),
    (response, seen) => {
      json(killed)(response, seen)
      rest.resolve()
    },
  )
  const heard: string[] = []
  const result = await server.client().run('x', {
    signal: abort.signal,
    onStdout: async (bytes) => {
      heard.push(`${Buffer.from(bytes)} begins`)
      abort.abort()
      await rest.promise
      heard.push(`${Buffer.from(bytes)} ends`)
    },
  })
  assert.equal(result.reason, 'killed')
  assert.deepEqual(heard, ['ou begins', 'ou ends', 't\n begins', 't\n ends'])
})

test('a listener that does not return holds an aborted run up for 10 s', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const abort = new AbortController()
  const ended = Promise.withResolvers<void>()
  await using server = await ScriptedServer.open(
    accepted,
    lines([output(0, 'ou')], 'stay'),
    (response, seen) => {
      response.on('finish', ended.resolve)
      json(killed)(response, seen)
    },
  )
  let calls = 0
  const run = server.client().run('x', {
    signal: abort.signal,
    onStdout: () => {
      calls += 1
      abort.abort()
      return new Promise(() => undefined)
    },
  })
  await ended.promise
  t.mock.timers.tick(10_000)
  assert.equal((await run).reason, 'killed')
  assert.equal(calls, 1)
})

test('a run that is aborted while it is submitted does not leave a workload behind', async () => {
  const abort = new AbortController()
  await using server = await ScriptedServer.open((response, seen) => {
    abort.abort()
    accepted(response, seen)
  }, json(killed))
  const result = await server.client().run('x', { signal: abort.signal })
  assert.equal(result.reason, 'killed')
  assert.equal(server.calls.at(-1), `DELETE /v1/workloads/${ID}`)
})

test('a workload that ends while it is killed has its own result', async () => {
  const abort = new AbortController()
  await using server = await ScriptedServer.open(
    accepted,
    () => abort.abort(),
    problem('workload_ended', 409),
    json(anEndedView()),
  )
  const result = await server.client().run('x', { signal: abort.signal })
  assert.equal(result.reason, 'exited')
  assert.equal(result.exitCode, 3)
})

test('a run that was aborted before it began submits nothing', async () => {
  await using server = await ScriptedServer.open(accepted)
  const signal = AbortSignal.abort(new Error('enough'))
  await assert.rejects(server.client().run('x', { signal }), /enough/)
  assert.equal(server.seen.length, 0)
})

test('a listener that throws ends the workload', async () => {
  await using server = await ScriptedServer.open(
    accepted,
    lines([output(0, 'a')], 'stay'),
    json(killed),
  )
  const onStdout = () => {
    throw new Error('the disk is full')
  }
  await assert.rejects(server.client().run('x', { onStdout }), /the disk is full/)
  assert.equal(server.calls.at(-1), `DELETE /v1/workloads/${ID}`)
})

test('a run whose server is lost names the workload that may go on', async () => {
  await using server = await ScriptedServer.open(accepted, hangUp)
  await assert.rejects(server.client({ retryMs: 0 }).run('x'), (error: unknown) => {
    assert.ok(error instanceof RunLostError)
    assert.equal(error.workloadId, ID)
    assert.equal((error.cause as { code?: string }).code, 'unreachable')
    return true
  })
})

test('what the server refuses is thrown', async () => {
  await using server = await ScriptedServer.open(problem('unsupported_runtime', 400))
  await assert.rejects(server.client().run({ runtime: 'go', code: 'x' }), {
    code: 'unsupported_runtime',
  })
})
