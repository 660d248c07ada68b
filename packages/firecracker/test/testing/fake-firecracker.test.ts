import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { acceptFromGuest, connectToGuest, startVmm } from '../../src/index.ts'
import { FakeFirecracker, type FakeScript } from '../../testing/index.ts'
import { bootFiles } from '../support/recording-vmm.ts'
import { standInLaunch } from '../support/stand-in-launch.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const LONG_MS = 60_000
const PORT = 1024

/** A VM of a fake that follows `script`, configured with a kernel, a root drive and a vsock. */
async function configuredVm(context: TestContext, script: FakeScript) {
  const directory = temporaryDirectory()
  context.after(() => directory[Symbol.dispose]())
  const fake = new FakeFirecracker(script)
  context.after(() => fake[Symbol.asyncDispose]())
  const apiSocketPath = join(directory.path, 'api.sock')
  const vmm = await startVmm({
    launchPath: standInLaunch(directory.path),
    binary: fake.binary,
    args: ['--id', 'a'],
    recordPath: join(directory.path, 'vmm.pid'),
    apiSocketPath,
    env: {},
    startDeadlineMs: LONG_MS,
  })
  context.after(() => vmm[Symbol.asyncDispose]())
  const { bootSource, rootDrive } = bootFiles(directory.path)
  const udsPath = join(directory.path, 'v.sock')
  const settings = {
    bootSource: { kernelImagePath: bootSource.kernel_image_path },
    drives: [{ driveId: 'rootfs', isRootDevice: true, pathOnHost: rootDrive.path_on_host }],
    vsock: { guestCid: 3, udsPath },
  }
  return { fake, vm: fake.vms[0]!, vmm, apiSocketPath, udsPath, settings }
}

async function startedVm(context: TestContext, script: FakeScript) {
  const configured = await configuredVm(context, script)
  await configured.vmm.machine.configure(configured.settings)
  await configured.vmm.machine.start()
  return configured
}

const greeting: FakeScript['guest'] = async (connection, vm, port) => {
  connection.write(`${vm.id} on ${port}`)
}

test('a fake VM is configured and started like a real one, and tells what it was asked', async (context) => {
  const { vm } = await startedVm(context, {})
  assert.equal(vm.state, 'running')
  assert.deepEqual(vm.calls, [
    'PUT /boot-source',
    'PUT /drives/rootfs',
    'PUT /vsock',
    'PUT /actions',
  ])
  assert.equal(vm.configuration?.vsock?.guestCid, 3)
})

test('the guest answers on its vsock', async (context) => {
  const { udsPath } = await startedVm(context, { guest: greeting })
  const stream = await connectToGuest({ udsPath, port: 7, deadlineMs: LONG_MS })
  assert.equal(await text(stream), 'a on 7')
})

test('one fake serves many VMs', async (context) => {
  const { fake, vm, apiSocketPath } = await startedVm(context, { guest: greeting })
  const directory = join(apiSocketPath, '..')
  fake.script = { faults: { 'GET /version': 'not this one' } }
  await using second = await startVmm({
    launchPath: join(directory, 'vulcan-launch'),
    binary: fake.binary,
    args: ['--id', 'b'],
    recordPath: join(directory, 'second.pid'),
    apiSocketPath: join(directory, 'second.sock'),
    env: {},
    startDeadlineMs: LONG_MS,
  })
  assert.deepEqual(
    fake.vms.map(({ id }) => id),
    ['a', 'b'],
  )
  await assert.rejects(second.client.version(), { faultMessage: 'not this one' })
  assert.equal(vm.state, 'running')
})

test('before the start, CONNECT is met with silence', async (context) => {
  const { vmm, settings, udsPath } = await configuredVm(context, { guest: greeting })
  await vmm.machine.configure(settings)
  const connecting = connectToGuest({ udsPath, port: PORT, deadlineMs: 50 })
  await assert.rejects(connecting, { reason: 'silent' })
})

for (const [what, script, reason] of [
  ['nobody listens in it', {}, 'closed'],
  ['its driver is not up', { guest: greeting, acknowledge: 'silent' }, 'silent'],
  ['it resets', { guest: greeting, acknowledge: 'reset' }, 'closed'],
  ['it speaks nonsense', { guest: greeting, acknowledge: 'nonsense' }, 'nonsense'],
] as const) {
  test(`a guest of which ${what} is not connected to`, async (context) => {
    const { udsPath } = await startedVm(context, script)
    const deadlineMs = reason === 'silent' ? 50 : LONG_MS
    await assert.rejects(connectToGuest({ udsPath, port: PORT, deadlineMs }), { reason })
  })
}

test('a guest can be slow to answer', async (context) => {
  const later = Promise.withResolvers<void>()
  const { udsPath } = await startedVm(context, {
    guest: greeting,
    acknowledge: { after: later.promise },
  })
  const connecting = connectToGuest({ udsPath, port: PORT, deadlineMs: LONG_MS })
  later.resolve()
  assert.equal(await text(await connecting), `a on ${PORT}`)
})

test('a host that half-closes loses the reply', async (context) => {
  const { udsPath } = await startedVm(context, {
    guest: async (connection) => {
      await once(connection.resume(), 'end')
      connection.write('the reply')
    },
  })
  const host = connect({ path: udsPath, allowHalfOpen: true })
  host.end(`CONNECT ${PORT}\n`)
  assert.doesNotMatch(await text(host), /the reply/)
})

/** Binds the host's listener before the start and gives what the guest says there. */
async function readiness(context: TestContext, manner: 'prompt' | 'nonsense' | 'reset') {
  const message = Buffer.from('ready')
  const configured = await configuredVm(context, { readiness: { port: PORT, message, manner } })
  const { vmm, settings, udsPath } = configured
  await using listener = await acceptFromGuest({ udsPath, port: PORT })
  await vmm.machine.configure(settings)
  await vmm.machine.start()
  return text(await listener.accept({ deadlineMs: LONG_MS }))
}

test('a guest that is ready dials the host', async (context) => {
  assert.equal(await readiness(context, 'prompt'), 'ready')
})

test('a guest can speak nonsense when it dials, or nothing', async (context) => {
  assert.match(await readiness(context, 'nonsense'), /^HTTP/)
  assert.equal(await readiness(context, 'reset'), '')
})

test('a guest can be late or silent', async (context) => {
  const later = Promise.withResolvers<void>()
  const message = Buffer.from('ready')
  const { vmm, settings, udsPath } = await configuredVm(context, {
    readiness: { port: PORT, message, manner: { after: later.promise } },
  })
  await using listener = await acceptFromGuest({ udsPath, port: PORT })
  await vmm.machine.configure(settings)
  await vmm.machine.start()
  await assert.rejects(listener.accept({ deadlineMs: 20 }), { code: 'vsock_accept_failed' })
  later.resolve()
  assert.equal(await text(await listener.accept({ deadlineMs: LONG_MS })), 'ready')
})

test('a guest that dials a port where the host does not listen fails', async (context) => {
  const { vm } = await startedVm(context, {})
  await assert.rejects(vm.dialHost(9), { code: 'ENOENT' })
})

test('a call can be made to fail, and leaves the machine as it was', async (context) => {
  const faults = { 'PUT /actions': 'Start microvm error: no KVM' }
  const { vmm, settings, vm } = await configuredVm(context, { faults })
  await vmm.machine.configure(settings)
  await assert.rejects(vmm.machine.start(), { faultMessage: 'Start microvm error: no KVM' })
  assert.equal(vm.state, 'not_started')
})

test('a VM can die at a call, which is not answered', async (context) => {
  const { vmm, settings } = await configuredVm(context, { dieAt: 'PUT /vsock' })
  await assert.rejects(vmm.machine.configure(settings), { code: 'vmm_api_unreachable' })
  assert.equal((await vmm.exited).signal, 'SIGKILL')
})

test('a killed VM leaves its socket files, dead', async (context) => {
  const { vmm, vm, apiSocketPath, udsPath } = await startedVm(context, { guest: greeting })
  await vmm.shutdown()
  await vm.ended
  assert.equal(vm.state, 'ended')
  assert.ok(existsSync(apiSocketPath) && existsSync(udsPath))
  const connecting = connectToGuest({ udsPath, port: PORT, deadlineMs: LONG_MS })
  await assert.rejects(connecting, { reason: 'unreachable' })
})

test('the death of a VM ends the connections of its guest', async (context) => {
  const { vmm, udsPath } = await startedVm(context, {
    guest: (connection) => new Promise((resolve) => connection.on('close', () => resolve())),
  })
  const stream = await connectToGuest({ udsPath, port: PORT, deadlineMs: LONG_MS })
  await vmm.shutdown()
  assert.equal(await text(stream), '')
})

test('a guest that reboots ends its VMM, with code 0', async (context) => {
  const { vmm } = await startedVm(context, {})
  const exit = await vmm.shutdown([{ stage: 'ctrl_alt_del', timeoutMs: LONG_MS }])
  assert.equal(exit.exitCode, 0)
})

test('what a script throws is kept for the test', async (context) => {
  const { vm, udsPath } = await startedVm(context, {
    guest: async () => {
      throw new Error('wrong request')
    },
  })
  const stream = await connectToGuest({ udsPath, port: PORT, deadlineMs: LONG_MS })
  assert.equal(await text(stream), '')
  assert.deepEqual(vm.scriptErrors, [new Error('wrong request')])
})

test('disposal ends VMs that the test has forgotten, and removes the program', async (context) => {
  const { fake, vmm } = await startedVm(context, {})
  await fake[Symbol.asyncDispose]()
  await vmm.exited
  assert.equal(existsSync(fake.binary), false)
})
