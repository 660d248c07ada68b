import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { watch } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { BackendError, type ExecuteOptions } from '@vulcan/backend'
import type { FakeScript } from '@vulcan/firecracker/testing'
import type { WorkloadEvent } from '@vulcan/schema'
import { listActiveVms } from '../src/lifecycle/active.ts'
import { listEnded } from '../src/lifecycle/ended.ts'
import { listFilesInUse } from '../src/lifecycle/files-in-use.ts'
import { Holding } from '../src/lifecycle/holding.ts'
import { launchPath } from '../src/lifecycle/layout.ts'
import { Manifest } from '../src/lifecycle/manifest.ts'
import { MessageReader, writeMessage } from '../src/protocol/framing.ts'
import { framed, READY, RESPONSE } from './support/agent-messages.ts'
import { answering, IDS, never, output, setUp, spec } from './support/backend-under-test.ts'

const failsWith = (reason: string, phase?: string) => (error: unknown) => {
  assert.ok(error instanceof BackendError, String(error))
  assert.equal(error.code, reason)
  if (phase !== undefined) assert.equal(error.phase, phase)
  return true
}

test('a workload runs and gives back its exit code and output', async (t) => {
  const { backend, fake, assertNothingLeft } = await setUp(
    t,
    answering({ type: 'started' }, output('stdout', 'one\n'), output('stderr', 'two\n'), {
      type: 'result',
      response: { ...RESPONSE, exit_code: 3 },
    }),
  )
  const events: WorkloadEvent[] = []
  const result = await backend.execute(spec(), {
    signal: never,
    onEvent: (e) => void events.push(e),
  })
  assert.equal(result.outcome, 'exited')
  assert.equal(result.exitCode, 3)
  assert.equal(Buffer.from(result.stdout).toString(), 'one\n')
  assert.equal(Buffer.from(result.stderr).toString(), 'two\n')
  assert.deepEqual(
    events.map((event) => (event.type === 'phase' ? event.phase : event.stream)),
    ['image', 'drives', 'vmm', 'booting', 'request', 'running', 'stdout', 'stderr', 'ended'],
  )
  assert.deepEqual(fake.vms[0]?.configuration?.machineConfig.memSizeMib, 512)
  assert.deepEqual(fake.vms[0]?.configuration?.vsock?.guestCid, 3)
  await assertNothingLeft()
})

test('output that is only passed on is in no result, and its limit still holds', async (t) => {
  const { backend, assertNothingLeft } = await setUp(
    t,
    answering({ type: 'started' }, output('stdout', '0123'), output('stderr', '4567'), {
      type: 'result',
      response: RESPONSE,
    }),
  )
  let passed = ''
  const options: ExecuteOptions = {
    signal: never,
    onEvent: (event) => {
      if (event.type === 'output') passed += Buffer.from(event.bytes).toString()
    },
    keepOutput: false,
  }
  const result = await backend.execute(spec({ outputLimitBytes: 4 }), options)
  assert.deepEqual([passed, result.outcome], ['01234567', 'exited'])
  assert.deepEqual([result.stdout.byteLength, result.stderr.byteLength], [0, 0])
  await backend.idle()
  await assert.rejects(
    backend.execute(spec({ outputLimitBytes: 3 }), options),
    failsWith('protocol_violation', 'running'),
  )
  await assertNothingLeft()
})

test('the request carries what the spec says', async (t) => {
  let request: unknown
  const { backend, assertNothingLeft } = await setUp(t, {
    readiness: READY,
    guest: async (connection) => {
      request = await new MessageReader(connection).next()
      await writeMessage(connection, { type: 'result', response: RESPONSE })
    },
  })
  const input = new TextEncoder().encode('in')
  await backend.execute(spec({ args: ['x'], input, entrypoint: 'a.py', timeoutS: 5 }), {
    signal: never,
  })
  assert.deepEqual(request, {
    type: 'run',
    runtime: 'python',
    code: 'print(1)',
    entrypoint: 'a.py',
    args: ['x'],
    input: 'aW4=',
    env: {},
    timeout_s: 5,
    output_limit: 16 * 1024 * 1024,
  })
  await assertNothingLeft()
})

test('a slow consumer is waited for before more is taken from the guest', async (t) => {
  const chunk = output('stdout', 'x'.repeat(30_000))
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  let written = 0
  const { backend, assertNothingLeft } = await setUp(t, {
    readiness: READY,
    guest: async (connection: Duplex) => {
      await new MessageReader(connection).next()
      for (; written < 200; written += 1) await writeMessage(connection, chunk)
      await writeMessage(connection, { type: 'result', response: RESPONSE })
    },
  })
  let taken = 0
  const { promise: first, resolve: onFirst } = Promise.withResolvers<void>()
  const running = backend.execute(spec(), {
    signal: never,
    onEvent: async (event) => {
      if (event.type !== 'output') return
      taken += 1
      onFirst()
      await released
    },
  })
  await first
  // The guest goes on until every buffer between it and the consumer is full, and then stands still:
  // all of it happens in this process, so turns of its event loop are enough.
  for (let still = 0, before = written; still < 100; still += 1, before = written) {
    await nextTurn()
    if (written !== before) still = 0
  }
  assert.equal(taken, 1)
  assert.ok(written < 200)
  release()
  assert.equal((await running).stdout.byteLength, 200 * 30_000)
  await assertNothingLeft()
})

for (const [what, script, reason, phase] of [
  [
    'a VMM that ends before its API answers',
    { dieAt: 'PUT /machine-config' },
    'boot_failed',
    'vmm',
  ],
  ['a call that is refused', { faults: { 'PUT /drives/rootfs': 'no' } }, 'boot_failed', 'vmm'],
  ['a start that is refused', { faults: { 'PUT /actions': 'no' } }, 'boot_failed', 'booting'],
  ['a VMM that dies at the start', { dieAt: 'PUT /actions' }, 'boot_failed', 'booting'],
  [
    'readiness that is nonsense',
    { readiness: { ...READY, message: Buffer.from('GET / HTTP/1.1\r\n\r\n') } },
    'protocol_violation',
    'booting',
  ],
  [
    'readiness of the wrong shape',
    { readiness: { ...READY, message: framed([]) } },
    'protocol_violation',
    'booting',
  ],
  ['an agent that does not listen', { readiness: READY }, 'agent_unreachable', 'request'],
  ['an answer of the wrong shape', answering({ type: 'result' }), 'protocol_violation', 'request'],
  [
    'a connection that ends without a result',
    answering({ type: 'started' }),
    'agent_lost',
    'running',
  ],
  [
    'readiness that is cut off',
    { readiness: { ...READY, message: READY.message.subarray(0, 20) } },
    'agent_lost',
    'booting',
  ],
  [
    'a program that starts twice',
    answering({ type: 'started' }, { type: 'started' }),
    'protocol_violation',
    'running',
  ],
  [
    'more output than was allowed',
    answering(output('stdout', 'x'.repeat(2000))),
    'protocol_violation',
    'request',
  ],
  [
    'a request that the agent refuses',
    answering({
      type: 'result',
      response: { ...RESPONSE, exit_code: null, error: 'no', reason: 'invalid_request' },
    }),
    'invalid_request',
    'request',
  ],
] as const satisfies readonly (readonly [string, FakeScript, string, string])[]) {
  test(`${what} is ${reason}, and nothing is left`, async (t) => {
    const { backend, assertNothingLeft } = await setUp(t, script)
    await assert.rejects(
      backend.execute(spec({ outputLimitBytes: 1000 }), { signal: never }),
      failsWith(reason, phase),
    )
    await assertNothingLeft()
  })
}

test('a start that is not answered takes the boot time-out, too', async (t) => {
  const unanswered = Promise.withResolvers<void>()
  t.after(() => unanswered.resolve())
  const onCall = async (call: string) => (call === 'PUT /actions' ? unanswered.promise : undefined)
  const env = { VULCAN_FC_BOOT_TIMEOUT_MS: '100' }
  const { backend, assertNothingLeft } = await setUp(t, { onCall }, env)
  await assert.rejects(
    backend.execute(spec(), { signal: never }),
    failsWith('agent_unreachable', 'booting'),
  )
  await assertNothingLeft()
})

test('an agent that stays silent is unreachable after the boot time-out', async (t) => {
  const { backend, assertNothingLeft } = await setUp(t, {}, { VULCAN_FC_BOOT_TIMEOUT_MS: '100' })
  await assert.rejects(
    backend.execute(spec(), { signal: never }),
    failsWith('agent_unreachable', 'booting'),
  )
  await assertNothingLeft()
})

for (const [what, codeBytes, deadlineMs, guest, words] of [
  [
    'reads no request',
    4 << 20,
    30_000,
    (connection: Duplex) => once(connection, 'readable'),
    'did not read its request',
  ],
  [
    'starts no program, and sends empty output meanwhile',
    1,
    120_000,
    async (connection: Duplex) => {
      await new MessageReader(connection).next()
      await writeMessage(connection, output('stdout', ''))
    },
    'did not start the program',
  ],
] as const) {
  test(`an agent that ${what} is lost after ${deadlineMs} ms`, async (t) => {
    const { promise: reached, resolve: onReached } = Promise.withResolvers<void>()
    const { backend, assertNothingLeft } = await setUp(t, {
      readiness: READY,
      guest: async (connection) => {
        await guest(connection)
        onReached()
        await once(connection, 'close')
      },
    })
    const running = backend.execute(spec({ code: '#'.repeat(codeBytes) }), {
      signal: never,
      onEvent: (event) => {
        if (event.type === 'phase' && event.phase === 'request') {
          t.mock.timers.enable({ apis: ['setTimeout'] })
        }
      },
    })
    void reached.then(() => t.mock.timers.tick(deadlineMs))
    await assert.rejects(running, (error: unknown) => {
      assert.match(String(error), new RegExp(`${words} within ${deadlineMs} ms`))
      return failsWith('agent_lost', 'request')(error)
    })
    t.mock.timers.reset()
    await assertNothingLeft()
  })
}

test('a missing image is told before anything is made', async (t) => {
  const { backend, fake, homeDir, assertNothingLeft } = await setUp(t, {})
  await rm(join(homeDir, 'rootfs/python.ext4'))
  await assert.rejects(
    backend.execute(spec(), { signal: never }),
    failsWith('image_missing', 'image'),
  )
  assert.equal(fake.vms.length, 0)
  await assertNothingLeft()
})

test('a VM that does not fit into the memory or the disk is refused before anything is made', async (t) => {
  const { backend, fake, assertNothingLeft } = await setUp(
    t,
    {},
    { VULCAN_FC_SCRATCH_MIB: '1048576' },
  )
  await assert.rejects(backend.execute(spec(), { signal: never }), failsWith('no_space'))
  const huge = spec({ id: IDS[1]!, memMib: 1024 * 1024 })
  await assert.rejects(backend.execute(huge, { signal: never }), failsWith('no_capacity'))
  assert.equal(fake.vms.length, 0)
  await assertNothingLeft()
})

test('code and input that are too large together are the fault of the request', async (t) => {
  const { backend, assertNothingLeft } = await setUp(t, answering())
  const input = new Uint8Array(11 * 1024 * 1024)
  await assert.rejects(
    backend.execute(spec({ code: 'x'.repeat(11 * 1024 * 1024), input }), { signal: never }),
    failsWith('invalid_request', 'request'),
  )
  await assertNothingLeft()
})

test('a VMM that ends by itself is told with what it wrote last', async (t) => {
  const { backend, fake, assertNothingLeft } = await setUp(t, {
    readiness: READY,
    guest: async (connection) => {
      await new MessageReader(connection).next()
      fake.vms[0]?.exit(3, 'a tap is gone\n')
    },
  })
  await assert.rejects(
    backend.execute(spec(), { signal: never }),
    /^BackendError: the VMM ended in phase "request" with exit code 3 and "a tap is gone": /,
  )
  await assertNothingLeft()
})

test('a VMM that crashes during the run is told as such', async (t) => {
  const { backend, fake, assertNothingLeft } = await setUp(t, {
    readiness: READY,
    guest: async (connection) => {
      await new MessageReader(connection).next()
      fake.vms[0]?.kill()
    },
  })
  await assert.rejects(
    backend.execute(spec(), { signal: never }),
    failsWith('vmm_crashed', 'request'),
  )
  await assertNothingLeft()
})

for (const phase of ['image', 'drives', 'vmm', 'booting', 'request', 'running'] as const) {
  test(`an abort in phase ${phase} gives the outcome killed and the output so far`, async (t) => {
    const { backend, assertNothingLeft } = await setUp(t, {
      readiness: READY,
      guest: async (connection) => {
        await new MessageReader(connection).next()
        await writeMessage(connection, output('stdout', 'so far'))
        await writeMessage(connection, { type: 'started' })
        await connection.resume().toArray()
      },
    })
    const abort = new AbortController()
    const result = await backend.execute(spec(), {
      signal: abort.signal,
      onEvent: (event) => {
        if (event.type === 'phase' && event.phase === phase) abort.abort()
      },
    })
    assert.equal(result.outcome, 'killed')
    assert.equal(result.exitCode, null)
    assert.equal(Buffer.from(result.stdout).toString(), phase === 'running' ? 'so far' : '')
    await assertNothingLeft()
  })
}

test('an agent that does not end a program in time is overruled by the host', async (t) => {
  const { backend, assertNothingLeft } = await setUp(t, {
    readiness: READY,
    guest: async (connection) => {
      await new MessageReader(connection).next()
      await writeMessage(connection, { type: 'started' })
      await writeMessage(connection, output('stdout', 'so far'))
      await connection.resume().toArray()
    },
  })
  const result = await backend.execute(spec({ timeoutS: 1 }), { signal: never })
  assert.equal(result.outcome, 'timeout')
  assert.equal(result.error, 'timeout after 1s')
  assert.equal(Buffer.from(result.stdout).toString(), 'so far')
  await assertNothingLeft()
})

test('a consumer that never takes the start of the program does not hold up its time-out', async (t) => {
  const { backend, assertNothingLeft } = await setUp(t, {
    readiness: READY,
    guest: async (connection) => {
      await new MessageReader(connection).next()
      await writeMessage(connection, { type: 'started' })
      await connection.resume().toArray()
    },
  })
  const { promise: forEver } = Promise.withResolvers<void>()
  const result = await backend.execute(spec({ timeoutS: 1 }), {
    signal: never,
    onEvent: (event) => {
      if (event.type === 'phase' && event.phase === 'running') return forEver
    },
  })
  assert.equal(result.outcome, 'timeout')
  await assertNothingLeft()
})

test('cleanup ends a workload, may come twice at once, and for an unknown one does nothing', async (t) => {
  const { promise: up, resolve: onUp } = Promise.withResolvers<void>()
  const { backend, assertNothingLeft } = await setUp(t, {
    readiness: READY,
    guest: async (connection) => {
      onUp()
      await connection.resume().toArray()
    },
  })
  const running = backend.execute(spec(), { signal: never })
  await up
  await Promise.all([backend.cleanup(IDS[0]!), backend.cleanup(IDS[0]!), backend.cleanup('other')])
  assert.equal((await running).outcome, 'killed')
  await assertNothingLeft()
})

test('workloads at once have context ids of their own, and one more than allowed is refused', async (t) => {
  const { promise: go, resolve: release } = Promise.withResolvers<void>()
  const { backend, fake, assertNothingLeft } = await setUp(
    t,
    {
      readiness: READY,
      guest: async (connection) => {
        await new MessageReader(connection).next()
        await go
        await writeMessage(connection, { type: 'result', response: RESPONSE })
      },
    },
    { VULCAN_FC_MAX_CONCURRENT_VMS: '2' },
  )
  const running = [0, 1].map((at) => backend.execute(spec({ id: IDS[at]! }), { signal: never }))
  await assert.rejects(
    backend.execute(spec({ id: IDS[2]! }), { signal: never }),
    failsWith('no_capacity'),
  )
  release()
  await Promise.all(running)
  const cids = fake.vms.map((vm) => vm.configuration?.vsock?.guestCid)
  assert.deepEqual(cids.sort(), [3, 4])
  await assertNothingLeft()
})

test('its capabilities are the runtimes, the isolation and the configured number of VMs', async (t) => {
  const byDefault = await setUp(t, {})
  assert.deepEqual(byDefault.backend.capabilities(), {
    name: 'firecracker',
    supportedRuntimes: ['go', 'node', 'python'],
    supportedIsolations: ['microvm'],
    maxConcurrency: 10,
    isolationStrength: 'emulated',
  })
  const { backend } = await setUp(t, {}, { VULCAN_FC_MAX_CONCURRENT_VMS: '3' })
  assert.equal(backend.capabilities().maxConcurrency, 3)
})

test('after shutdown nothing new is taken', async (t) => {
  const { backend } = await setUp(t, {})
  await backend.shutdown()
  await assert.rejects(backend.execute(spec(), { signal: never }), failsWith('shutdown'))
})

/** An agent that knows only the fixed shapes: it dials nobody, and ignores the fields it does not know. */
function untypedAgent(
  ...answers: unknown[]
): FakeScript & { readonly requests: Record<string, unknown>[] } {
  const requests: Record<string, unknown>[] = []
  return {
    requests,
    guest: async (connection) => {
      const request = await new MessageReader(connection, 1 << 24).next()
      // A connection that only asks whether somebody listens.
      if (request === undefined) return
      requests.push(request as Record<string, unknown>)
      for (const answer of answers) await writeMessage(connection, answer)
    },
  }
}

test('an agent that speaks only the untyped run is found, and its lines are the output', async (t) => {
  const agent = untypedAgent(
    { type: 'log', line: 'one' },
    { type: 'log', line: 'two', stream: 'stderr' },
    {
      type: 'result',
      response: { exit_code: 3, output: 'one\ntwo\n', error: '', log_lines: ['one', 'two'] },
    },
  )
  const { backend, assertNothingLeft } = await setUp(t, agent, {
    VULCAN_FC_BOOT_TIMEOUT_MS: '100',
  })
  const input = Buffer.from('in')
  const result = await backend.execute(spec({ input, env: { A: 'b' } }), { signal: never })
  assert.deepEqual(
    [result.outcome, result.exitCode, String(result.stdout), String(result.stderr)],
    ['exited', 3, 'one\n', 'two\n'],
  )
  assert.deepEqual(agent.requests, [
    { runtime: 'python', code: 'print(1)', input: 'aW4=', env: { A: 'b' }, timeout_s: 30 },
  ])
  await assertNothingLeft()
})

test('output of an untyped run that comes only at the end is kept, and cut at the limit', async (t) => {
  const agent = untypedAgent({
    type: 'result',
    response: { exit_code: 0, output: '0123456789', error: '', log_lines: [] },
  })
  const { backend } = await setUp(t, agent, { VULCAN_FC_BOOT_TIMEOUT_MS: '100' })
  const result = await backend.execute(spec({ outputLimitBytes: 4 }), { signal: never })
  assert.equal(String(result.stdout), '0123')
  assert.deepEqual(result.truncated, { stdout: true, stderr: false })
})

test("the untyped run's word for a time-out is the outcome timeout", async (t) => {
  const agent = untypedAgent({
    type: 'result',
    response: { exit_code: -1, output: '', error: 'timeout after 30s', log_lines: [] },
  })
  const { backend } = await setUp(t, agent, { VULCAN_FC_BOOT_TIMEOUT_MS: '100' })
  const result = await backend.execute(spec(), { signal: never })
  assert.deepEqual([result.outcome, result.exitCode], ['timeout', null])
})

test('an untyped agent takes no arguments, and that is said', async (t) => {
  const { backend } = await setUp(t, untypedAgent(), { VULCAN_FC_BOOT_TIMEOUT_MS: '100' })
  await assert.rejects(
    backend.execute(spec({ args: ['x'] }), { signal: never }),
    failsWith('invalid_request', 'request'),
  )
})

test('a network beyond what the host gives is refused before anything is made', async (t) => {
  const { backend, fake } = await setUp(t, answering())
  await assert.rejects(
    backend.execute(spec({ network: 'all' }), { signal: never }),
    failsWith('invalid_request'),
  )
  assert.equal(fake.vms.length, 0)
})

test('a VM is listed while it holds something, and its end is kept', async (t) => {
  const running = Promise.withResolvers<void>()
  const { backend, layout, fake } = await setUp(
    t,
    answering({ type: 'started' }, { type: 'result', response: { ...RESPONSE, exit_code: 3 } }),
  )
  const done = backend.execute(spec(), {
    signal: never,
    onEvent: async (event) => {
      if (event.type !== 'phase' || event.phase !== 'running') return
      const [active] = await listActiveVms(layout)
      const { id, pid, cid, phase, network } = active ?? assert.fail('no VM is listed')
      assert.deepEqual(
        [id, pid, cid, phase, network],
        [IDS[0], fake.vms[0]?.pid, 3, 'running', 'none'],
      )
      const images = ['vmlinux', 'initrd', 'rootfs/python.ext4']
      assert.deepEqual(
        await listFilesInUse(layout),
        new Set(images.map((image) => join(layout.homeDir, image))),
      )
      running.resolve()
    },
  })
  await Promise.all([done, running.promise])
  await backend.idle()
  assert.deepEqual(await listActiveVms(layout), [])
  assert.deepEqual(await listFilesInUse(layout), new Set())
  const [end] = await listEnded(layout)
  assert.deepEqual([end?.id, end?.reason, end?.exitCode], [IDS[0], 'exited', 3])
  assert.deepEqual(
    end?.resources.map(({ kind }) => kind),
    ['image', 'image', 'image', 'scratch', 'vmm'],
  )
})

test('a recovery waits for the one before, and does not release what that one has claimed', async (t) => {
  const { backend, layout, assertNothingLeft } = await setUp(t, {})
  const holding = new Holding(layout, 'vms', IDS[0]!, 'deadbeef00')
  const manifest = new Manifest(holding)
  await manifest.open()
  manifest.record({ kind: 'vmm' })
  const vmm = spawn(launchPath(layout), [
    ...['exec', '--record', holding.recordPath, '--', '/bin/sh', '-c', 'echo up; exec sleep 600'],
  ])
  await once(vmm.stdout, 'data')
  const watcher = watch(join(layout.runDir, 'vms'))
  const claimed = once(watcher, 'change')
  const first = backend.recover()
  await claimed
  const recoveries = await Promise.all([first, backend.recover()])
  watcher.close()
  assert.deepEqual(recoveries, [
    { released: [IDS[0]], failures: [] },
    { released: [], failures: [] },
  ])
  await assertNothingLeft()
})
