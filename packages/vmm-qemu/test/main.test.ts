import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { type FakeHost, fakeHost } from './support/fake-host.ts'
import { untilExists } from './support/until-exists.ts'

const MAIN = join(import.meta.dirname, '../src/main.ts')
const IDENTITY = ['--uid', '60001', '--gid', '60001']

function start(t: TestContext, host: FakeHost, args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { env: host.env })
  t.after(() => child.kill('SIGKILL'))
  const finished = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)])
  return {
    child,
    finished: finished.then(([[exitCode], stdout, stderr]) => ({ exitCode, stdout, stderr })),
  }
}

test('--version and --help say it on stdout and succeed', async (t) => {
  const host = await fakeHost(t)
  const version = await start(t, host, ['--version']).finished
  assert.match(version.stdout, /^vulcan-vmm v\S+ \(API of Firecracker v1\.16\.1\)\n$/)
  assert.equal(version.exitCode, 0)
  const help = await start(t, host, ['--help']).finished
  assert.match(help.stdout, /--api-sock/)
  assert.equal(help.exitCode, 0)
})

test('a wrong command line is one line on stderr and exit code 153', async (t) => {
  const host = await fakeHost(t)
  for (const args of [['--fly'], ['--seccomp-filter', 'f'], ['--id', 'a b'], ['--uid', '0']]) {
    const { exitCode, stdout, stderr } = await start(t, host, args).finished
    assert.match(stderr, /^error: .+\n$/, args.join(' '))
    assert.equal(stdout, '')
    assert.equal(exitCode, 153)
  }
})

test('a missing program is one line on stderr and exit code 1', async (t) => {
  const host = await fakeHost(t)
  const args = ['--api-sock', join(host.dir, 'a.sock'), ...IDENTITY]
  const { exitCode, stderr } = await start(t, { ...host, env: {} }, args).finished
  assert.match(stderr, /^\S+ \[anonymous-instance:Error\] vulcan-launch is missing: .+\n$/)
  assert.equal(exitCode, 1)
})

for (const [signal, code] of [
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const) {
  test(`${signal} ends it with ${code}, and its socket is gone`, async (t) => {
    const host = await fakeHost(t)
    const socketPath = join(host.dir, 'a.sock')
    const { child, finished } = start(t, host, ['--api-sock', socketPath, ...IDENTITY])
    await untilExists(socketPath)
    child.kill(signal)
    const { exitCode } = await finished
    assert.equal(exitCode, code)
    await assert.rejects(access(socketPath))
  })
}

test("the guest's console is on stdout, and its restart is exit code 0", async (t) => {
  const host = await fakeHost(t)
  const bootSource = {
    kernel_image_path: await host.file('vmlinux'),
    boot_args: 'console=ttyS0 fake=reboot',
  }
  const document = JSON.stringify({ 'boot-source': bootSource, drives: [] })
  const configFile = await host.file('config.json', document)
  const args = ['--no-api', '--config-file', configFile, ...IDENTITY]
  const { exitCode, stdout, stderr } = await start(t, host, args).finished
  assert.match(stdout, /^console: console=ttyS0 fake=reboot .*\n$/)
  assert.match(stderr, /the guest ended the machine: guest-reset/)
  assert.equal(exitCode, 0)
})

for (const scenario of ['hasty', 'quick']) {
  test(`a ${scenario} guest that restarts before QEMU can tell it is exit code 0`, async (t) => {
    const host = await fakeHost(t)
    const bootArgs = `fake=${scenario}`
    const bootSource = { kernel_image_path: await host.file('vmlinux'), boot_args: bootArgs }
    const document = JSON.stringify({ 'boot-source': bootSource, drives: [] })
    const configFile = await host.file('config.json', document)
    const args = ['--no-api', '--config-file', configFile, ...IDENTITY]
    const { exitCode, stderr } = await start(t, host, args).finished
    assert.match(stderr, /the guest ended the machine: guest-reset/)
    assert.equal(exitCode, 0)
  })
}

test('a machine that fails is exit code 1, and the log says why', async (t) => {
  const host = await fakeHost(t)
  const bootSource = { kernel_image_path: await host.file('vmlinux'), boot_args: 'fake=crash' }
  const document = JSON.stringify({ 'boot-source': bootSource, drives: [] })
  const configFile = await host.file('config.json', document)
  const args = ['--no-api', '--config-file', configFile, ...IDENTITY]
  const { exitCode, stderr } = await start(t, host, args).finished
  assert.match(stderr, /Error\] QEMU ended \(code 139\)/)
  assert.equal(exitCode, 1)
})
