import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { BackendView, Problem, Readiness, WorkloadView } from '@vulcan/schema'
import { machineKind } from '../support/machine-kind.ts'
import { python, ServerUnderTest, textOf } from '../support/server.ts'
import { tarEntry } from '../support/tar-entry.ts'

const STRENGTH = machineKind().kvm ? 'hardware' : 'emulated'
const SECRET = 'what nobody may read in a log'

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

test('a server runs workloads in VMs', { concurrency: 2 }, async (t) => {
  const server = await ServerUnderTest.start(t, { env: { VULCAN_FC_MAX_CONCURRENT_VMS: '2' } })
  const client = server.client()

  await Promise.all([
    t.test('one request runs a program to its end, and gives all that became of it', async () => {
      const code = [
        'import os, sys',
        'print(sys.stdin.read(), sys.argv[1:], os.environ["WORD"])',
        'sys.stderr.buffer.write(b"\\xff")',
        'sys.exit(3)',
      ].join('\n')
      const response = await server.post('/v1/workloads?wait=600', {
        ...{ runtime: 'python', code, args: ['a b'], env: { WORD: SECRET } },
        input: { known: [1, null] },
        resources: { cpus: 1, mem_mb: 256, timeout_s: 300 },
      })
      const workload = WorkloadView.parse(await response.json())
      assert.equal(response.status, 201)
      assert.equal(response.headers.get('location'), `/v1/workloads/${workload.id}`)
      const stdout = `{"known":[1,null]} ['a b'] ${SECRET}\n`
      assert.partialDeepStrictEqual(workload, {
        ...{ status: 'completed', reason: 'exited', exit_code: 3, error: '' },
        ...{ runtime: 'python', isolation: 'auto', cpu_limit: 1, mem_limit: 256, timeout_s: 300 },
        ...{ stdout: base64(stdout), stderr: '/w==' },
        output: Buffer.concat([Buffer.from(stdout), Buffer.from([0xff])]).toString('base64'),
        truncated: { stdout: false, stderr: false },
        isolation_strength: STRENGTH,
      })
      assert.match(workload.input_hash, /^[0-9a-f]{64}$/)
      assert.deepEqual(
        workload.phases?.map(({ phase }) => phase),
        ['image', 'drives', 'vmm', 'booting', 'request', 'running', 'ended'],
      )
      assert.ok(Date.parse(workload.finished_at ?? '') > Date.parse(workload.started_at ?? ''))
      const raw = await server.fetch(`/v1/workloads/${workload.id}/output?stream=stderr`)
      assert.deepEqual(Buffer.from(await raw.arrayBuffer()), Buffer.from([0xff]))
    }),

    t.test('who does not wait is answered at once, and asks for the end later', async () => {
      const body = { runtime: 'node', code: 'console.log("later")', resources: { timeout_s: 300 } }
      const accepted = await server.post('/v1/workloads/async', body)
      assert.equal(accepted.status, 202)
      const { id, status } = WorkloadView.parse(await accepted.json())
      assert.equal(status, 'pending')
      const early = await server.fetch(`/v1/workloads/${id}?wait=0`)
      assert.equal(WorkloadView.parse(await early.json()).output, null)
      const ended = await server.fetch(`/v1/workloads/${id}?wait=600`)
      assert.equal(WorkloadView.parse(await ended.json()).stdout, base64('later\n'))
    }),

    t.test('an archive runs from its entrypoint, with what lies beside it', async () => {
      const code = 'import helper, sys\nprint(helper.NAME, len(sys.stdin.buffer.read()))\n'
      const archive = gzipSync(
        Buffer.concat([
          tarEntry({ path: 'app.py', content: code }),
          tarEntry({ path: 'helper.py', content: 'NAME = "beside"\n' }),
          Buffer.alloc(1024),
        ]),
      )
      const { reason, exitCode, stdout, stderr } = await client.run({
        ...{ runtime: 'python', codeArchive: archive, entrypoint: 'app.py', timeoutS: 300 },
        stdin: new Uint8Array(100_000),
      })
      assert.deepEqual([reason, exitCode, stdout, stderr], ['exited', 0, 'beside 100000\n', ''])
    }),

    t.test(
      'the time that a workload has counts from its start, and its output is kept',
      async () => {
        const code = 'import time\nprint("so far", flush=True)\ntime.sleep(3600)'
        const ended = await client.run({ runtime: 'python', code, timeoutS: 20 })
        assert.partialDeepStrictEqual(ended, {
          ...{ status: 'failed', reason: 'timeout', exitCode: null, stdout: 'so far\n' },
          error: 'timeout after 20s',
        })
      },
    ),

    t.test('output is cut at its limit, to the byte, and the program goes on', async () => {
      const code = [
        'import sys',
        'sys.stdout.buffer.write(bytes(range(256)) * 1000)',
        'print("done", file=sys.stderr)',
      ].join('\n')
      const limited = { ...python(code), outputLimitBytes: 1_001 }
      const { id, exitCode, stdoutBytes, stderr, truncated } = await client.run(limited)
      const written = Buffer.from(Array.from({ length: 256_000 }, (_, at) => at % 256))
      assert.ok(written.subarray(0, 1_001).equals(stdoutBytes))
      assert.deepEqual([exitCode, stderr], [0, 'done\n'])
      assert.deepEqual(truncated, { stdout: true, stderr: false })
      const raw = await Array.fromAsync(await client.output(id, 'stdout'))
      // The log has a limit of its own.
      assert.ok(written.equals(Buffer.concat(raw)))
    }),

    t.test(
      'readers of a log get the same bytes, whenever they come and however they read',
      async () => {
        const code = [
          'import sys',
          'print("first", flush=True)',
          'sys.stdin.read()',
          'for n in range(1000):',
          '    print("line", n, flush=n % 100 == 0)',
          'print("on stderr", file=sys.stderr)',
        ].join('\n')
        const { id } = await client.submit(python(code))
        const read = async () => {
          const parts: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] }
          for await (const event of client.logs(id)) {
            if (event.type === 'output') parts[event.stream].push(Buffer.from(event.bytes))
          }
          return [Buffer.concat(parts.stdout).toString(), Buffer.concat(parts.stderr).toString()]
        }
        const readText = async () => {
          const headers = { accept: 'text/plain' }
          const path = `/v1/workloads/${id}/logs?follow=1&stream=stdout`
          return (await server.fetch(path, { headers })).text()
        }
        const readSse = async () => (await server.fetch(`/v1/workloads/${id}/logs`)).text()
        const lines = ['first', ...Array.from({ length: 1000 }, (_, n) => `line ${n}`)]
        const stdout = lines.map((line) => `${line}\n`).join('')
        const live = await Promise.all([read(), read(), readText(), readSse()])
        const after = await Promise.all([read(), read(), readText(), readSse()])
        assert.deepEqual(live.slice(0, 3), [
          [stdout, 'on stderr\n'],
          [stdout, 'on stderr\n'],
          stdout,
        ])
        assert.deepEqual(after.slice(0, 3), live.slice(0, 3))
        const events = (text: unknown) => String(text).replaceAll(': heartbeat\n\n', '')
        assert.equal(events(live[3]), events(after[3]))
        const data = [...events(live[3]).matchAll(/^data: (.*)$/gm)].map(([, line]) => line)
        assert.deepEqual(
          data.filter((line) => line !== 'on stderr'),
          [...lines, 'stream complete'],
        )
        assert.equal(textOf((await client.get(id)).stdout), stdout)
      },
    ),

    t.test('what is sent twice with one key runs once', async () => {
      const headers = { 'idempotency-key': 'once' }
      const body = { runtime: 'python', code: 'print("once")', resources: { timeout_s: 300 } }
      // One of them may be told to come again.
      const patient = server.client({ retryMs: 60_000 })
      const [first, second] = await Promise.all(
        [1, 2].map(async () => {
          const { id } = await patient.submit(python('print("twice")'), { idempotencyKey: 'twice' })
          return id
        }),
      )
      assert.equal(first, second)
      const sent = await server.post('/v1/workloads/async', body, headers)
      const again = await server.post('/v1/workloads?wait=600', body, headers)
      const { id } = WorkloadView.parse(await sent.json())
      const ended = WorkloadView.parse(await again.json())
      assert.equal(ended.id, id)
      assert.equal(ended.stdout, base64('once\n'))
      const other = await server.post('/v1/workloads', { ...body, code: 'print(2)' }, headers)
      assert.equal(other.status, 422)
      assert.equal(textOf((await client.wait(first ?? '')).stdout), 'twice\n')
    }),
  ])

  await t.test('what is refused is named, and is not stored', async () => {
    const { total } = await client.stats()
    const refused: [body: object, status: number, code: string, field?: string][] = [
      [{ runtime: 'cobol', code: '' }, 400, 'invalid_request', 'runtime'],
      [{ runtime: 'python' }, 400, 'invalid_request', 'code'],
      [{ ...python('1'), isolation: 'wasm' }, 400, 'invalid_request', 'isolation'],
      [
        { ...python('1'), resources: { timeout_s: -1 } },
        400,
        'invalid_request',
        'resources.timeout_s',
      ],
      [
        { ...python('1'), resources: { mem_mb: 1024 ** 2 } },
        400,
        'invalid_request',
        'resources.mem_mb',
      ],
      [python('x'.repeat(15_000_001)), 413, 'payload_too_large'],
    ]
    for (const [body, status, code, field] of refused) {
      const response = await server.post('/v1/workloads', body)
      const problem = Problem.parse(await response.json())
      assert.deepEqual([response.status, problem.code], [status, code], JSON.stringify(problem))
      if (field !== undefined) assert.equal(problem.field, field)
    }
    assert.equal((await client.stats()).total, total)
  })

  await t.test('a server tells operators how it stands', async () => {
    const readiness = Readiness.parse(await (await server.fetch('/readyz')).json())
    assert.partialDeepStrictEqual(readiness, { status: 'ready', isolation_strength: STRENGTH })
    assert.deepEqual(await (await server.fetch('/healthz')).json(), { status: 'ok' })
    const [backend] = BackendView.array().parse(await (await server.fetch('/v1/backends')).json())
    assert.partialDeepStrictEqual(backend, {
      name: 'firecracker',
      capabilities: { max_concurrency: 2, isolation_strength: STRENGTH },
    })
    const { total, byStatus, avgDurationMs } = await client.stats()
    assert.deepEqual(byStatus, { pending: 0, running: 0, completed: 7, failed: 1, killed: 0 })
    assert.equal(total, 8)
    assert.ok(Number(avgDurationMs) > 0)
    const failed = await Array.fromAsync(client.list({ status: 'failed' }))
    assert.deepEqual(
      failed.map(({ reason, stdout }) => [reason, stdout]),
      [['timeout', null]],
    )
    const metrics = await (await server.fetch('/metrics')).text()
    assert.match(metrics, /^vulcan_firecracker_workloads_total\{[^}]*runtime="node"[^}]*\} 1$/m)
    assert.match(metrics, /^vulcan_firecracker_vm_boot_seconds_count\b.* 8$/m)
  })

  assert.ok(!server.log.includes(SECRET))
  assert.ok(!server.log.includes('import os'))
  await server.stop()
})
