import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { serveFirecrackerApi, type Vmm } from '../src/api.ts'
import { FirecrackerClient, Machine, MachineStateError } from '../src/index.ts'
import { bootFiles, recordingVmm } from './support/recording-vmm.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

async function servedMachine(directory: string, overrides: Partial<Vmm> = {}) {
  const recorded = recordingVmm(overrides)
  const socketPath = join(directory, 'api.sock')
  const server = await serveFirecrackerApi({ api: recorded.api, socketPath })
  const client = new FirecrackerClient(socketPath)
  const { bootSource } = bootFiles(directory)
  return {
    ...recorded,
    machine: new Machine(client),
    settings: { bootSource: { kernelImagePath: bootSource.kernel_image_path } },
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

test('a machine is what its settings say', async () => {
  using directory = temporaryDirectory()
  await using served = await servedMachine(directory.path)
  const { machine, settings, started } = served
  const all = {
    ...settings,
    machineConfig: { vcpuCount: 2, memSizeMib: 512 },
    networkInterfaces: [{ ifaceId: 'eth0', hostDevName: 'tap0' }],
    vsock: { guestCid: 3, udsPath: join(directory.path, 'v.sock') },
    entropy: {},
    serial: {},
    logger: {},
    metrics: { metricsPath: '/m' },
  }
  await machine.configure(all)
  await machine.start()
  const { machineConfig, drives, ...rest } = started[0]!
  assert.deepEqual(drives, [])
  assert.equal(machineConfig.vcpuCount, 2)
  const { machineConfig: _, ...expected } = all
  assert.deepEqual(rest, expected)
})

test('its state follows what was done', async () => {
  using directory = temporaryDirectory()
  await using served = await servedMachine(directory.path)
  const { machine, settings, calls } = served
  await machine.configure(settings)
  assert.equal(machine.state, 'not_started')
  await machine.start()
  assert.equal(machine.state, 'running')
  await machine.pause()
  assert.equal(machine.state, 'paused')
  await machine.flushMetrics()
  await machine.resume({ acceptKnownBugs: true })
  await machine.sendCtrlAltDel()
  assert.equal(machine.state, 'running')
  const performed = calls.filter((call) => !call.startsWith('configure'))
  assert.deepEqual(performed, ['start', 'pause', 'flushMetrics', 'resume', 'sendCtrlAltDel'])
})

test('an operation that its state forbids is not sent', async () => {
  using directory = temporaryDirectory()
  await using served = await servedMachine(directory.path)
  const { machine, settings, calls } = served
  await assert.rejects(machine.pause(), (error) => {
    assert.ok(error instanceof MachineStateError)
    assert.equal(error.code, 'machine_state')
    assert.equal(error.operation, 'pause')
    assert.equal(error.state, 'not_started')
    return true
  })
  await machine.configure(settings)
  await machine.start()
  await assert.rejects(machine.configure(settings), MachineStateError)
  await assert.rejects(machine.start(), MachineStateError)
  machine.end()
  await assert.rejects(machine.resume(), MachineStateError)
  assert.deepEqual(calls, ['configure boot_source', 'start'])
})

test('a refused operation leaves the state as it was', async () => {
  using directory = temporaryDirectory()
  await using served = await servedMachine(directory.path)
  await assert.rejects(served.machine.start(), { code: 'vmm_api_fault' })
  assert.equal(served.machine.state, 'not_started')
})

test('a device of a machine is changed only while the guest runs or is paused', async () => {
  using directory = temporaryDirectory()
  await using served = await servedMachine(directory.path)
  const { machine, settings, calls } = served
  const change = { kind: 'balloon', value: { amountMib: 20 } } as const
  await machine.configure({ ...settings, balloon: { amountMib: 10, deflateOnOom: true } })
  await assert.rejects(machine.change(change), { code: 'machine_state', operation: 'change' })
  await machine.start()
  await machine.change(change)
  assert.equal(calls.at(-1), 'change balloon')
  await assert.rejects(machine.change({ kind: 'unplug', device: 'drive', id: 'a' }), {
    code: 'vmm_api_fault',
    faultMessage: 'PCI is not enabled',
  })
})

for (const [vmmVersion, plugged] of [
  ['1.15.1', false],
  ['1.16.0', true],
] as const) {
  test(`a device ${plugged ? 'can' : 'cannot'} be plugged into a machine of Firecracker ${vmmVersion}`, async () => {
    using directory = temporaryDirectory()
    const identity = { id: 'vm-1', vmmVersion, appName: 'Recording' }
    await using served = await servedMachine(directory.path, { identity, pciEnabled: true })
    const { machine, settings, calls } = served
    await machine.configure(settings)
    await machine.start()
    const value = {
      driveId: 'data',
      isRootDevice: false,
      pathOnHost: settings.bootSource.kernelImagePath,
    }
    const change = machine.change({ kind: 'plug', part: { kind: 'drive', value } })
    if (plugged) {
      await change
    } else {
      const endpoint = 'PUT /drives/{id}'
      const neededVersion = '1.16.0'
      await assert.rejects(change, { code: 'unsupported_by_version', endpoint, neededVersion })
    }
    assert.equal(calls.includes('change plug'), plugged)
  })
}
