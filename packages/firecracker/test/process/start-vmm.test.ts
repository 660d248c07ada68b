import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import {
  hostPath,
  JailError,
  SocketPathError,
  type StartVmmOptions,
  startVmm,
  VmmStartError,
  VmmStillRunningError,
} from '../../src/index.ts'
import { FakeFirecracker } from '../../testing/index.ts'
import { newJail } from '../support/new-jail.ts'
import { bootFiles } from '../support/recording-vmm.ts'
import { shellProgram, standInLaunch } from '../support/stand-in-launch.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** What every start in these tests has in common; the directory goes with the test. */
function startOptions(context: TestContext, binary: (directory: string) => string) {
  const directory = temporaryDirectory()
  context.after(() => directory[Symbol.dispose]())
  return {
    launchPath: standInLaunch(directory.path),
    binary: binary(directory.path),
    recordPath: join(directory.path, 'vmm.pid'),
    apiSocketPath: join(directory.path, 'api.sock'),
    env: { PATH: process.env['PATH'] ?? '' },
    startDeadlineMs: 60_000,
  } satisfies StartVmmOptions
}

const shell = (lines: string) => (directory: string) => shellProgram(directory, lines)

test('a VMM is started through the launcher, and its API answers', async (context) => {
  await using fake = new FakeFirecracker()
  const options = startOptions(context, () => fake.binary)
  await using vmm = await startVmm({ ...options, args: ['--id', 'vm-7'] })
  assert.equal((await vmm.client.instanceInfo()).id, 'vm-7')
  assert.equal(vmm.machine.state, 'not_started')
  assert.equal(fake.vms[0]?.pid, vmm.pid)
  assert.deepEqual(fake.vms[0]?.args, ['--api-sock', options.apiSocketPath, '--id', 'vm-7'])
  assert.deepEqual(JSON.parse(readFileSync(options.recordPath, 'utf8')), { pid: vmm.pid })
})

test('the launcher gets the record, its options, and the death of the parent', async (context) => {
  await using fake = new FakeFirecracker()
  const options = startOptions(context, () => fake.binary)
  const launched = () => readFileSync(join(options.recordPath, '../launch-options'), 'utf8')
  await using _ = await startVmm({ ...options, launchArgs: ['--uid', '7'] })
  assert.equal(
    launched(),
    ` exec --record ${options.recordPath} --uid 7 --die-with-parent=${process.pid}`,
  )
  const second = { ...options, apiSocketPath: `${options.apiSocketPath}2`, dieWithParent: false }
  await using __ = await startVmm(second)
  assert.equal(launched(), ` exec --record ${options.recordPath}`)
})

test('a machine with a --config-file runs when its API answers', async (context) => {
  await using fake = new FakeFirecracker()
  const options = startOptions(context, () => fake.binary)
  const directory = join(options.recordPath, '..')
  const configPath = join(directory, 'config.json')
  const { bootSource } = bootFiles(directory)
  writeFileSync(configPath, JSON.stringify({ 'boot-source': bootSource, drives: [] }))
  await using vmm = await startVmm({ ...options, args: ['--config-file', configPath] })
  assert.equal(vmm.machine.state, 'running')
  assert.equal((await vmm.client.instanceInfo()).state, 'running')
})

test('only the given environment is passed on', async (context) => {
  const options = startOptions(context, shell('/usr/bin/env >&2; exit 3'))
  const env = { ...options.env, ONLY: 'this' }
  await assert.rejects(startVmm({ ...options, env }), (error) => {
    assert.ok(error instanceof VmmStartError)
    assert.match(error.stderrTail, /^ONLY=this$/m)
    assert.doesNotMatch(error.stderrTail, /^HOME=/m)
    return true
  })
})

test('a VMM that ends before its API answers is an error with code and stderr', async (context) => {
  const options = startOptions(context, shell('echo no /dev/kvm >&2; exit 7'))
  await assert.rejects(startVmm(options), (error) => {
    assert.ok(error instanceof VmmStartError)
    assert.equal(error.code, 'vmm_start_failed')
    assert.equal(error.reason, 'exited')
    assert.equal(error.exitCode, 7)
    assert.equal(error.stderrTail, 'no /dev/kvm\n')
    assert.match(error.message, /ended \(code 7\) before its API answered.*no \/dev\/kvm/)
    return true
  })
})

test('a VMM that never opens its API is killed at the deadline', async (context) => {
  await using fake = new FakeFirecracker({ neverOpenApi: true })
  const options = startOptions(context, () => fake.binary)
  const started = startVmm({ ...options, startDeadlineMs: 300 })
  await assert.rejects(started, { code: 'vmm_start_failed', reason: 'deadline', signal: 'SIGKILL' })
})

test('an abort kills a VMM that is starting, and is the reason', async (context) => {
  const options = startOptions(context, shell('echo $$ >&1; exec sleep 600'))
  const abort = new AbortController()
  const reason = new Error('not needed any more')
  const onConsole = () => abort.abort(reason)
  await assert.rejects(startVmm({ ...options, signal: abort.signal, onConsole }), reason)
  await assert.rejects(startVmm({ ...options, signal: abort.signal }), reason)
})

test('a launcher that does not exist is told', async (context) => {
  const options = startOptions(context, shell('exit 0'))
  await assert.rejects(startVmm({ ...options, launchPath: '/nowhere/vulcan-launch' }), {
    code: 'vmm_start_failed',
    reason: 'not_spawned',
  })
})

test('a directory that is missing for the socket is told', async (context) => {
  const options = startOptions(context, shell('exec sleep 600'))
  const apiSocketPath = '/nowhere/api.sock'
  await assert.rejects(startVmm({ ...options, apiSocketPath }), (error) => {
    assert.ok(error instanceof VmmStartError)
    assert.equal(error.reason, 'not_watched')
    assert.equal((error.cause as NodeJS.ErrnoException).code, 'ENOENT')
    return true
  })
})

test('a socket path that does not fit is refused before anything is spawned', async (context) => {
  const options = startOptions(context, shell('exit 0'))
  const apiSocketPath = join(options.recordPath, '..', 'a'.repeat(107))
  await assert.rejects(startVmm({ ...options, apiSocketPath }), SocketPathError)
  assert.throws(() => readFileSync(options.recordPath), { code: 'ENOENT' })
})

test('a socket without a listener is not taken for the API', async (context) => {
  const crashed = new FakeFirecracker()
  const options = startOptions(context, () => crashed.binary)
  const first = await startVmm(options)
  await first.shutdown()
  await crashed[Symbol.asyncDispose]()
  const binary = shellProgram(join(options.recordPath, '..'), 'exec sleep 600')
  await assert.rejects(startVmm({ ...options, binary, startDeadlineMs: 300 }), {
    code: 'vmm_start_failed',
    reason: 'deadline',
  })
})

test('disposal kills the VMM, waits for it and ends its machine', async (context) => {
  await using fake = new FakeFirecracker()
  const options = startOptions(context, () => fake.binary)
  const vmm = await startVmm(options)
  await vmm[Symbol.asyncDispose]()
  const exit = await vmm.exited
  assert.equal(exit.exitCode, null)
  assert.equal(exit.signal, 'SIGKILL')
  assert.equal(vmm.machine.state, 'ended')
  await vmm[Symbol.asyncDispose]()
})

test('a VMM that exits by itself tells its code', async (context) => {
  await using fake = new FakeFirecracker()
  await using vmm = await startVmm(startOptions(context, () => fake.binary))
  fake.vms[0]?.exit(42)
  assert.equal((await vmm.exited).exitCode, 42)
  assert.equal(vmm.machine.state, 'ended')
})

/** Opens no API, so its start fails; what it said is in the error. */
const chatty = shell(
  'head -c 200000 /dev/zero | tr "\\0" a; printf end; head -c 200000 /dev/zero | tr "\\0" b >&2; exit 1',
)

test('of console and stderr the last 64 KiB are kept, and the callback gets all', async (context) => {
  let consoleBytes = 0
  const onConsole = (chunk: Uint8Array) => {
    consoleBytes += chunk.length
  }
  await assert.rejects(startVmm({ ...startOptions(context, chatty), onConsole }), (error) => {
    assert.ok(error instanceof VmmStartError)
    assert.equal(error.stderrTail, 'b'.repeat(64 * 1024))
    return true
  })
  assert.equal(consoleBytes, 200_003)
})

test('a VMM is gone only when nobody holds its stdout any more', async (context) => {
  await using fake = new FakeFirecracker()
  const options = startOptions(context, (directory) => {
    return shellProgram(directory, `sleep 600 & echo $!; exec '${fake.binary}' "$@"`)
  })
  const childPid = Promise.withResolvers<number>()
  const onConsole = (chunk: Uint8Array) => childPid.resolve(Number(Buffer.from(chunk).toString()))
  const vmm = await startVmm({ ...options, onConsole })
  await assert.rejects(vmm.shutdown([{ stage: 'kill', timeoutMs: 200 }]), (error) => {
    assert.ok(error instanceof VmmStillRunningError)
    assert.equal(error.code, 'vmm_still_running')
    assert.equal(error.pid, vmm.pid)
    return true
  })
  process.kill(await childPid.promise, 'SIGKILL')
  assert.equal((await vmm.exited).signal, 'SIGKILL')
})

test('a jailed VMM is started through the jailer, and its API answers at the socket that it bound', {
  skip: process.getuid?.() === 0 ? false : 'only root makes jails',
}, async (context) => {
  await using fake = new FakeFirecracker()
  const options = startOptions(context, () => fake.binary)
  const { jail } = await newJail(context, fake.binary)
  const jailed = {
    ...options,
    apiSocketPath: hostPath(jail, '/api.sock'),
    socketOwner: jail.uid,
    jail: { jailerPath: fake.jailer(), jail, apiSocketInside: '/api.sock' },
    args: ['--level', 'Info'],
  }
  await using vmm = await startVmm(jailed)
  rmSync(jailed.apiSocketPath)
  assert.equal((await vmm.client.instanceInfo()).id, jail.id)
  assert.equal(fake.vms[0]?.pid, vmm.pid)
  assert.deepEqual(fake.vms[0]?.args, [
    ...['--id', jail.id, '--api-sock', '/api.sock', '--level', 'Info'],
    ...['--jail-root', jail.rootPath],
  ])
})

test('a VMM whose API socket is not of its user is ended', async (context) => {
  await using fake = new FakeFirecracker()
  const options = startOptions(context, () => fake.binary)
  const socketOwner = (process.getuid?.() ?? 0) + 1
  await assert.rejects(startVmm({ ...options, socketOwner }), (error: unknown) => {
    return error instanceof JailError && error.code === 'jail_entry_refused'
  })
  await fake.vms[0]?.ended
})
