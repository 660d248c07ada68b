import assert from 'node:assert/strict'
import { once } from 'node:events'
import { unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  connectToGuest,
  KnownBugError,
  type MachineSettings,
  MachineStateError,
} from '../src/index.ts'
import { FakeFirecracker, type FakeScript } from '../testing/index.ts'
import { fakeMachine } from './support/fake-machine.ts'
import { bootFiles } from './support/recording-vmm.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

const PORT = 1024
const ECHO: FakeScript = {
  guest: async (connection, _vm, port) => {
    for await (const chunk of connection) connection.write(`${port}:${chunk}`)
  },
}

function settingsIn(directory: string): MachineSettings & { vsock: { udsPath: string } } {
  return {
    bootSource: { kernelImagePath: bootFiles(directory).bootSource.kernel_image_path },
    networkInterfaces: [{ ifaceId: 'eth0', hostDevName: 'tap0' }],
    vsock: { guestCid: 3, udsPath: join(directory, 'v.sock') },
  }
}

function snapshotIn(directory: string) {
  return { snapshotPath: join(directory, 'state'), memFilePath: join(directory, 'memory') }
}

async function echo(udsPath: string): Promise<string> {
  const stream = await connectToGuest({ udsPath, port: PORT, deadlineMs: 10_000 })
  stream.write('hello')
  for await (const chunk of stream) {
    stream.destroy()
    return String(chunk)
  }
  return ''
}

test('a snapshot of a paused machine runs in another VMM, with another TAP and another vsock', async () => {
  using directory = temporaryDirectory()
  await using fake = new FakeFirecracker(ECHO)
  const snapshot = snapshotIn(directory.path)
  await using first = await fakeMachine(fake, directory.path)
  await first.machine.configure(settingsIn(directory.path))
  await first.machine.start()
  await assert.rejects(first.machine.createSnapshot(snapshot), MachineStateError)
  await first.machine.pause()
  await first.machine.createSnapshot({ ...snapshot, snapshotType: 'Full' })
  assert.equal(first.machine.state, 'paused')

  await using second = await fakeMachine(fake, directory.path, { name: 'clone' })
  const udsPath = join(directory.path, 'clone-vsock.sock')
  await second.machine.loadSnapshot({
    snapshotPath: snapshot.snapshotPath,
    memBackend: { backendType: 'File', backendPath: snapshot.memFilePath },
    resumeVm: true,
    networkOverrides: [{ ifaceId: 'eth0', hostDevName: 'tap1' }],
    vsockOverride: { udsPath },
  })
  assert.equal(second.machine.state, 'running')
  assert.equal((await second.client.instanceInfo()).state, 'running')
  assert.equal((await second.client.vmConfig()).networkInterfaces?.[0]?.hostDevName, 'tap1')
  assert.equal(await echo(udsPath), '1024:hello')
})

test('a snapshot that is loaded without resume waits for it, and may then be connected to', async () => {
  using directory = temporaryDirectory()
  await using fake = new FakeFirecracker(ECHO)
  const snapshot = snapshotIn(directory.path)
  const settings = settingsIn(directory.path)
  {
    await using first = await fakeMachine(fake, directory.path)
    await first.machine.configure(settings)
    await first.machine.start()
    await first.machine.pause()
    await first.machine.createSnapshot(snapshot)
  }
  unlinkSync(settings.vsock.udsPath)
  await using second = await fakeMachine(fake, directory.path, { name: 'clone' })
  await second.machine.loadSnapshot({
    snapshotPath: snapshot.snapshotPath,
    memBackend: { backendType: 'File', backendPath: snapshot.memFilePath },
  })
  assert.equal(second.machine.state, 'paused')
  await second.machine.resume()
  assert.equal(await echo(settings.vsock.udsPath), '1024:hello')
})

test('a snapshot resets connections, and who listens can be connected to afterwards', async () => {
  using directory = temporaryDirectory()
  await using fake = new FakeFirecracker(ECHO)
  await using vmm = await fakeMachine(fake, directory.path)
  const settings = settingsIn(directory.path)
  await vmm.machine.configure(settings)
  await vmm.machine.start()
  const { udsPath } = settings.vsock
  const before = await connectToGuest({ udsPath, port: PORT, deadlineMs: 10_000 })
  const ended = once(before.resume(), 'end', { signal: AbortSignal.timeout(20_000) })
  await vmm.machine.pause()
  await vmm.machine.createSnapshot(snapshotIn(directory.path))
  await ended
  before.destroy()
  await vmm.machine.resume()
  assert.equal(await echo(udsPath), '1024:hello')
})

test('a snapshot that cannot be loaded is an error, and the VMM ends', async () => {
  using directory = temporaryDirectory()
  await using fake = new FakeFirecracker()
  await using vmm = await fakeMachine(fake, directory.path)
  const load = vmm.machine.loadSnapshot({
    snapshotPath: join(directory.path, 'nowhere'),
    memBackend: { backendType: 'File', backendPath: '/nowhere' },
  })
  await assert.rejects(load, {
    code: 'vmm_api_fault',
    faultMessage:
      'Load snapshot error: Failed to restore from snapshot: Failed to get snapshot state from file: Failed to open snapshot file: No such file or directory (os error 2)',
  })
  const [exitCode] = await vmm.exited
  assert.equal(exitCode, 1)
})

for (const version of ['1.16.0', '1.16.1']) {
  test(`Firecracker ${version} does not resume a machine with vsock after a bare pause, unless told to`, async () => {
    using directory = temporaryDirectory()
    await using fake = new FakeFirecracker({ version })
    await using vmm = await fakeMachine(fake, directory.path)
    await vmm.machine.configure(settingsIn(directory.path))
    await vmm.machine.start()
    await vmm.machine.pause()
    await assert.rejects(vmm.machine.resume(), (error) => {
      assert.ok(error instanceof KnownBugError)
      const { code, bug, runningVersion, reference } = error
      assert.deepEqual(
        [code, bug, runningVersion],
        ['known_bug', 'vsock_hangs_after_resume', version],
      )
      assert.match(reference, /\/pull\/6100$/)
      return true
    })
    assert.equal(vmm.machine.state, 'paused')
    assert.equal(vmm.vm.calls.includes('PATCH /vm'), true)
    assert.equal(vmm.vm.state, 'paused')
    await vmm.machine.resume({ acceptKnownBugs: true })
    assert.equal(vmm.vm.state, 'running')
  })
}

test('a machine without vsock, one with a snapshot since, and a version without the bug resume', async () => {
  using directory = temporaryDirectory()
  await using fake = new FakeFirecracker()
  const { vsock: _, ...withoutVsock } = settingsIn(directory.path)
  await using bare = await fakeMachine(fake, directory.path)
  await bare.machine.configure(withoutVsock)
  await bare.machine.start()
  await bare.machine.pause()
  await bare.machine.resume()
  assert.equal(bare.vm.state, 'running')

  await using saved = await fakeMachine(fake, directory.path, { name: 'saved' })
  await saved.machine.configure(settingsIn(directory.path))
  await saved.machine.start()
  await saved.machine.pause()
  await saved.machine.createSnapshot(snapshotIn(directory.path))
  await saved.machine.resume()
  assert.equal(saved.vm.state, 'running')
  await saved.machine.pause()
  await assert.rejects(saved.machine.resume(), KnownBugError)

  for (const version of ['1.15.1', '1.16.2']) {
    fake.script = { version }
    await using other = await fakeMachine(fake, directory.path, { name: version })
    const vsock = { guestCid: 3, udsPath: join(directory.path, `${version}-vsock.sock`) }
    await other.machine.configure({ ...withoutVsock, vsock })
    await other.machine.start()
    await other.machine.pause()
    await other.machine.resume()
    assert.equal(other.vm.state, 'running')
  }
})

test('Firecracker 1.16.0 loads no snapshot unless told to, since vsock may be dead then', async () => {
  using directory = temporaryDirectory()
  await using fake = new FakeFirecracker({ version: '1.16.0' })
  const source = {
    snapshotPath: join(directory.path, 'nowhere'),
    memBackend: { backendType: 'File', backendPath: '/nowhere' },
  } as const
  await using vmm = await fakeMachine(fake, directory.path)
  await assert.rejects(vmm.machine.loadSnapshot(source), {
    code: 'known_bug',
    bug: 'vsock_dead_after_restore',
    fixedIn: '1.16.1',
  })
  assert.deepEqual(vmm.vm.calls, ['GET /'])
  const accepted = vmm.machine.loadSnapshot(source, { acceptKnownBugs: true })
  await assert.rejects(accepted, { code: 'vmm_api_fault' })
})

for (const [version, kernel, refused] of [
  ['1.13.1', '6.17', true],
  ['1.13.1', '6.18.2-arch1', true],
  ['1.13.1', '6.16.9', false],
  ['1.14.0', '6.17', false],
] as const) {
  test(`a guest kernel ${kernel} is ${refused ? 'refused' : 'taken'} for vsock of Firecracker ${version}`, async () => {
    using directory = temporaryDirectory()
    await using fake = new FakeFirecracker({ version })
    await using vmm = await fakeMachine(fake, directory.path)
    const settings = { ...settingsIn(directory.path), guestKernelVersion: kernel }
    const configured = vmm.machine.configure(settings)
    if (refused) await assert.rejects(configured, { code: 'known_bug', bug: 'vsock_corrupts_data' })
    else await configured
    assert.equal(vmm.vm.calls.includes('PUT /vsock'), !refused)
    await vmm.machine.configure(settings, { acceptKnownBugs: true })
  })
}
