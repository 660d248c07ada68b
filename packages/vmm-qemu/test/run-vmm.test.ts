import assert from 'node:assert/strict'
import { access, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { FirecrackerClient } from '@vulcan/firecracker'
import { parseCommandLine } from '../src/command-line.ts'
import { Log } from '../src/log.ts'
import type { MachineEnd } from '../src/machine.ts'
import { runVmm } from '../src/run-vmm.ts'
import { type FakeHost, fakeHost } from './support/fake-host.ts'
import { untilExists } from './support/until-exists.ts'

const IDENTITY = ['--uid', '60001', '--gid', '60001']

interface RunningVmm {
  readonly host: FakeHost
  readonly client: FirecrackerClient
  readonly stop: AbortController
  /** How it ended, or the error. */
  readonly ended: Promise<MachineEnd | undefined>
}

/** A `runVmm` whose API answers; without a VM, since nothing that it starts is real. */
async function serve(t: TestContext, args: string[] = []): Promise<RunningVmm> {
  const host = await fakeHost(t)
  await mkdir(join(host.dir, 'vsock'))
  const socketPath = join(host.dir, 'api.sock')
  const options = parseCommandLine(['--api-sock', socketPath, ...IDENTITY, ...args])
  const stop = new AbortController()
  const ended = runVmm(options, host.env, new Log('test', 'Off'), stop.signal)
  const client = new FirecrackerClient(socketPath)
  t.after(async () => {
    client[Symbol.dispose]()
    stop.abort()
    await ended.catch(() => undefined)
  })
  await untilExists(socketPath)
  return { host, client, stop, ended }
}

/** Gives the machine all that it needs; what it does is in the scenario (fake-launch.ts). */
async function configure({ host, client }: RunningVmm, scenario = ''): Promise<void> {
  const kernelImagePath = await host.file('vmlinux')
  await client.putBootSource({ kernelImagePath, bootArgs: `quiet fake=${scenario}` })
  await client.putVsock({ guestCid: 3, udsPath: join(host.dir, 'vsock/v.sock') })
}

const START = { deadlineMs: 60_000 }

test('a machine is started, paused, resumed, and ended by its guest; nothing is left', async (t) => {
  const vmm = await serve(t)
  await configure(vmm)
  await vmm.client.perform('InstanceStart', START)
  assert.equal((await vmm.client.instanceInfo()).state, 'running')
  assert.deepEqual(await readdir(join(vmm.host.dir, 'vsock')), ['v.sock', 'v.sock.vhost'])
  await vmm.client.patchVmState('Paused')
  assert.equal((await vmm.client.instanceInfo()).state, 'paused')
  await vmm.client.patchVmState('Resumed')
  assert.equal((await vmm.client.instanceInfo()).state, 'running')
  vmm.stop.abort()
  assert.equal(await vmm.ended, undefined)
  assert.deepEqual(await readdir(join(vmm.host.dir, 'vsock')), [])
  await assert.rejects(access(join(vmm.host.dir, 'api.sock')))
})

test('a guest that restarts ends the machine, and nothing is left', async (t) => {
  const vmm = await serve(t)
  await configure(vmm, 'reboot')
  await vmm.client.perform('InstanceStart', START)
  assert.deepEqual(await vmm.ended, { by: 'guest', reason: 'guest-reset' })
  assert.deepEqual(await readdir(join(vmm.host.dir, 'vsock')), [])
})

test('under emulation a guest that powers off is started again, but not for ever', async (t) => {
  for (const [scenario, reason] of [
    ['again', 'guest-reset'],
    ['off', 'guest-shutdown'],
  ] as const) {
    const vmm = await serve(t)
    await configure(vmm, scenario)
    await vmm.client.perform('InstanceStart', START)
    assert.deepEqual(await vmm.ended, { by: 'guest', reason })
  }
})

test('a QEMU that dies is a failure', async (t) => {
  const vmm = await serve(t)
  await configure(vmm, 'crash')
  await vmm.client.perform('InstanceStart', START)
  const end = await vmm.ended
  assert.ok(end?.by === 'failure')
  assert.match(String(end.error), /QEMU ended \(code 139\)/)
})

test("a start that fails says QEMU's words, leaves nothing, and may be tried again", async (t) => {
  const vmm = await serve(t)
  await configure(vmm, 'refuse')
  await assert.rejects(vmm.client.perform('InstanceStart', START), {
    code: 'vmm_api_fault',
    message: /QEMU ended \(code 1\): qemu: there is no such machine/,
  })
  assert.deepEqual(await readdir(join(vmm.host.dir, 'vsock')), [])
  await vmm.client.perform('InstanceStart', START)
  assert.equal((await vmm.client.instanceInfo()).state, 'running')
})

test('a start can be broken off, and nothing is left', async (t) => {
  const vmm = await serve(t)
  await configure(vmm, 'silent')
  const started = vmm.client.perform('InstanceStart', START)
  started.catch(() => undefined)
  vmm.stop.abort()
  await vmm.ended
  await assert.rejects(started)
  assert.deepEqual(await readdir(join(vmm.host.dir, 'vsock')), [])
})

test('a QEMU that does not heed SIGTERM is killed', async (t) => {
  const vmm = await serve(t)
  await configure(vmm, 'stubborn')
  await vmm.client.perform('InstanceStart', START)
  vmm.stop.abort()
  assert.equal(await vmm.ended, undefined)
})

test('a configuration file configures and starts the machine', async (t) => {
  const host = await fakeHost(t)
  const kernel = await host.file('vmlinux')
  const document = {
    'boot-source': { kernel_image_path: kernel, boot_args: 'fake=reboot' },
    drives: [],
  }
  const configFile = await host.file('config.json', JSON.stringify(document))
  const options = parseCommandLine(['--no-api', '--config-file', configFile, ...IDENTITY])
  const { signal } = new AbortController()
  const end = await runVmm(options, host.env, new Log('test', 'Off'), signal)
  assert.deepEqual(end, { by: 'guest', reason: 'guest-reset' })
})

test('a configuration file that asks for what cannot be is refused', async (t) => {
  const host = await fakeHost(t)
  const kernel = await host.file('vmlinux')
  const document = {
    'boot-source': { kernel_image_path: kernel },
    drives: [],
    'machine-config': { vcpu_count: 1, mem_size_mib: 128, smt: true },
  }
  const configFile = await host.file('config.json', JSON.stringify(document))
  const options = parseCommandLine(['--no-api', '--config-file', configFile, ...IDENTITY])
  const { signal } = new AbortController()
  const run = runVmm(options, host.env, new Log('test', 'Off'), signal)
  await assert.rejects(run, { code: 'vmm_fault', message: /smt/ })
})

test('it tells what it is', async (t) => {
  const { client } = await serve(t, ['--id', 'vm-1'])
  assert.deepEqual(await client.instanceInfo(), {
    id: 'vm-1',
    state: 'not_started',
    vmmVersion: '1.16.1',
    appName: 'vulcan-vmm',
  })
})

test('what QEMU cannot honour is refused in words', async (t) => {
  const { client, host } = await serve(t)
  const machine = { vcpuCount: 1, memSizeMib: 128 }
  const drive = { driveId: 'd', isRootDevice: false, pathOnHost: await host.file('drive') }
  const burst = { size: 1000, refillTime: 100, oneTimeBurst: 1 }
  const present = { ifaceId: 'eth0', hostDevName: 'lo' }
  const missing = { ifaceId: 'eth0', hostDevName: 'no-such-tap' }
  const refused: [string, () => Promise<void>][] = [
    ['smt', () => client.putMachineConfig({ ...machine, smt: true })],
    ['track_dirty_pages', () => client.putMachineConfig({ ...machine, trackDirtyPages: true })],
    ['huge_pages', () => client.putMachineConfig({ ...machine, hugePages: '2M' })],
    ['Open tap device failed', () => client.putNetworkInterface(missing)],
    ['rate limiters', () => client.putNetworkInterface({ ...present, rxRateLimiter: {} })],
    ['rate limiters', () => client.putNetworkInterface({ ...present, txRateLimiter: {} })],
    ['MTU 67', () => client.putNetworkInterface({ ...present, mtu: 67 })],
    ['metrics', () => client.putMetrics({ metricsPath: join(host.dir, 'metrics') })],
    ['console', () => client.putSerial({ serialOutPath: join(host.dir, 'console') })],
    ['one_time_burst', () => client.putDrive({ ...drive, rateLimiter: { ops: burst } })],
    ['Entropy', () => client.putEntropy({ rateLimiter: { ops: { size: 1, refillTime: 1 } } })],
    ['Vsock', () => client.putVsock({ guestCid: 3, udsPath: join(host.dir, 'missing/v.sock') })],
    ['2 is reserved', () => client.putVsock({ guestCid: 2, udsPath: join(host.dir, 'v.sock') })],
  ]
  for (const [words, request] of refused) {
    await assert.rejects(request, { code: 'vmm_api_fault', message: new RegExp(words) }, words)
  }
  const { drives, networkInterfaces } = await client.vmConfig()
  assert.deepEqual([drives, networkInterfaces], [[], []], 'and changes nothing')
})

test('the log goes where the API says', async (t) => {
  const { client, host } = await serve(t)
  await client.putLogger({ logPath: join(host.dir, 'log'), level: 'Info' })
  assert.ok((await readdir(host.dir)).includes('log'))
  await assert.rejects(client.putLogger({ logPath: join(host.dir, 'missing/log') }), {
    code: 'vmm_api_fault',
    message: /Failed to open target file: No such file/,
  })
})

test('without its programs it does not even listen', async (t) => {
  const host = await fakeHost(t)
  const socketPath = join(host.dir, 'api.sock')
  const options = parseCommandLine(['--api-sock', socketPath, ...IDENTITY])
  const { signal } = new AbortController()
  const env = { ...host.env, VULCAN_LIBEXEC: '' }
  const run = runVmm(options, env, new Log('test', 'Off'), signal)
  await assert.rejects(run, { code: 'program_missing', message: /VULCAN_LIBEXEC/ })
  await assert.rejects(access(socketPath))
})
