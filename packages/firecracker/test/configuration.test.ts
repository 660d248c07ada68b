import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { configFileOf, type MachineSettings } from '../src/index.ts'
import { FakeFirecracker } from '../testing/index.ts'
import { fakeMachine } from './support/fake-machine.ts'
import { bootFiles } from './support/recording-vmm.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

const BUCKET = { size: 10, refillTime: 1 }

/** Everything that both ways can say. */
function allSettings(directory: string): MachineSettings {
  const { bootSource, rootDrive } = bootFiles(directory)
  return {
    bootSource: { kernelImagePath: bootSource.kernel_image_path, bootArgs: 'quiet' },
    machineConfig: { vcpuCount: 2, memSizeMib: 256, smt: true, hugePages: '2M' },
    cpuConfig: { kvmCapabilities: ['!1'], msrModifiers: [{ addr: '0x1b', bitmap: '0b1x' }] },
    drives: [
      {
        driveId: 'rootfs',
        isRootDevice: true,
        isReadOnly: true,
        pathOnHost: rootDrive.path_on_host,
        rateLimiter: { bandwidth: BUCKET, ops: { ...BUCKET, oneTimeBurst: 3 } },
      },
    ],
    networkInterfaces: [
      { ifaceId: 'eth0', hostDevName: 'tap0', mtu: 1400, rxRateLimiter: { ops: BUCKET } },
    ],
    pmem: [{ id: 'data', pathOnHost: '/dev/null', readOnly: true }],
    vsock: { guestCid: 3, udsPath: join(directory, 'v.sock') },
    balloon: { amountMib: 10, deflateOnOom: true, freePageReporting: true },
    mmdsConfig: { networkInterfaces: ['eth0'], version: 'V2' },
    metadata: { a: { b: [1, null, 'ä'] } },
    entropy: { rateLimiter: { bandwidth: BUCKET } },
    memoryHotplug: { totalSizeMib: 256 },
    logger: { level: 'Warn', showLevel: true },
    metrics: { metricsPath: join(directory, 'metrics') },
  }
}

test('calls and files make the same machine of one description', async () => {
  using directory = temporaryDirectory()
  await using fake = new FakeFirecracker()
  const settings = allSettings(directory.path)
  await using called = await fakeMachine(fake, directory.path)
  await called.machine.configure(settings)
  await called.machine.start()

  const paths = { config: join(directory.path, 'c.json'), metadata: join(directory.path, 'm.json') }
  const udsPath = join(directory.path, 'other.sock')
  const files = configFileOf(
    { ...settings, vsock: { guestCid: 3, udsPath } },
    { version: '1.16.1' },
  )
  writeFileSync(paths.config, files.config)
  writeFileSync(paths.metadata, files.metadata ?? '')
  const args = ['--config-file', paths.config, '--metadata', paths.metadata]
  await using started = await fakeMachine(fake, directory.path, { name: 'file', args })
  assert.deepEqual(await started.client.metadata(), settings.metadata)
  const { vsock: _, ...rest } = { ...called.vm.configuration }
  assert.deepEqual(started.vm.configuration, { ...rest, vsock: { guestCid: 3, udsPath } })
  assert.deepEqual(await called.client.metadata(), settings.metadata)
  assert.equal(started.machine.state, 'running')
  assert.deepEqual(started.vm.calls, ['GET /mmds'])
})

test('a serial device is refused in a file, where Firecracker would skip it', () => {
  using directory = temporaryDirectory()
  const settings = { ...allSettings(directory.path), serial: { serialOutPath: '/s' } }
  assert.throws(() => configFileOf(settings, { version: '1.16.1' }), { code: 'unsupported' })
})

test('a value that a call or a file does not take is refused before anything is sent', async () => {
  using directory = temporaryDirectory()
  await using fake = new FakeFirecracker()
  await using called = await fakeMachine(fake, directory.path, { name: 'values' })
  const bootSource = { kernelImagePath: '/k' }
  const machineConfig = { vcpuCount: 1.5, memSizeMib: 128 }
  assert.throws(() => configFileOf({ bootSource, machineConfig }, { version: '1.16.1' }), {
    code: 'invalid_value',
    target: '--config-file',
    message: /vcpu_count/,
  })
  await assert.rejects(called.client.putMachineConfig(machineConfig), {
    code: 'invalid_value',
    target: 'PUT /machine-config',
    message: /vcpu_count/,
  })
  assert.deepEqual(called.vm.calls, [])
})

test('a file is refused for a version that would not read it', () => {
  using directory = temporaryDirectory()
  const settings = allSettings(directory.path)
  assert.throws(() => configFileOf(settings, { version: '1.15.0' }), {
    code: 'unsupported_by_version',
    field: 'mtu',
    neededVersion: '1.16.0',
  })
})

test('a file is refused for a guest kernel that the version cannot serve', () => {
  using directory = temporaryDirectory()
  const { bootSource, vsock } = allSettings(directory.path)
  const settings = { bootSource, vsock, guestKernelVersion: '6.17.1' }
  assert.throws(() => configFileOf(settings, { version: '1.13.0' }), { code: 'known_bug' })
  const accepted = configFileOf(settings, { version: '1.13.0', acceptKnownBugs: true })
  assert.equal(JSON.parse(accepted.config).vsock.guest_cid, 3)
  assert.equal(accepted.metadata, undefined)
})
