import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdir, readFile, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { agentReady } from './support/guest-agent.ts'
import { ended, IMAGES, runs, VM_USER, VmmUnderTest } from './support/vmm-under-test.ts'

const ROOT_DRIVE = {
  drive_id: 'root',
  path_on_host: IMAGES.rootfs,
  is_root_device: true,
  is_read_only: true,
}

function drive(id: string, path: string) {
  return { drive_id: id, path_on_host: path, is_root_device: false, is_read_only: false }
}

async function assertNothingLeft(vmm: VmmUnderTest, pids: readonly string[]): Promise<void> {
  assert.deepEqual(await readdir(join(vmm.dir, 'vsock')), [])
  assert.ok(!(await readdir(vmm.dir)).includes('api.sock'))
  for (const pid of pids) assert.equal(await runs(pid), false)
}

test('the root drive is vda, the others follow in order, and a restart ends the VMM', async (t) => {
  const vmm = await VmmUnderTest.start(t)
  const blank = await vmm.drive('blank', 16, 'blank')
  const third = await vmm.drive('third', 32, 'ext4')
  await vmm.boot([drive('blank', blank), drive('third', third), ROOT_DRIVE])
  const pids = await vmm.children()
  const console = await vmm.console
  const sizes = [...console.matchAll(/\[(vd[a-z])\] (\d+) 512-byte logical blocks/g)]
  assert.deepEqual(
    sizes.map(([, name, blocks]) => [name, Number(blocks) * 512]),
    [
      ['vda', (await stat(IMAGES.rootfs)).size],
      ['vdb', 16 * 1024 * 1024],
      ['vdc', 32 * 1024 * 1024],
    ],
  )
  // The agent cannot mount a blank scratch drive and restarts, which is how a machine ends.
  assert.match(console, /vulcan-guest: mounting the scratch drive \/dev\/vdb/)
  assert.equal(vmm.process.exitCode ?? (await once(vmm.process, 'exit'))[0], 0)
  await assertNothingLeft(vmm, pids)
})

test('a guest is reached over vsock, stands still while paused, and SIGTERM leaves nothing', async (t) => {
  const vmm = await VmmUnderTest.start(t)
  const scratch = await vmm.drive('scratch', 64, 'ext4')
  const ready = agentReady(t, vmm.udsPath)
  await vmm.boot([ROOT_DRIVE, drive('scratch', scratch)])
  const agent = await ready
  const [frame] = await once(agent, 'data')
  assert.match(frame.subarray(4).toString(), /"type":"ready"/)

  await vmm.api('PATCH', '/vm', { state: 'Paused' })
  const connection = connect(vmm.udsPath)
  const acknowledged = once(connection, 'data')
  connection.write('CONNECT 1024\n')
  const silence = Symbol('silence')
  assert.equal(await Promise.race([acknowledged, delay(1_000, silence)]), silence)
  await vmm.api('PATCH', '/vm', { state: 'Resumed' })
  assert.match(String(await acknowledged), /^OK \d+\n/)

  const pids = await vmm.children()
  assert.equal(pids.length, 2)
  vmm.process.kill('SIGTERM')
  assert.deepEqual(await once(vmm.process, 'exit'), [143, null])
  await vmm.console
  await assertNothingLeft(vmm, pids)
})

test('a guest whose kernel cannot use its timer is started again', async (t) => {
  const vmm = await VmmUnderTest.start(t)
  const twice = Promise.withResolvers<boolean>()
  let console = ''
  vmm.process.stdout?.on('data', (text) => {
    console += text
    if (console.split('the kernel measured its timer wrong').length > 2) twice.resolve(true)
  })
  // As if the machine had been too busy for the kernel to measure it.
  await vmm.boot([ROOT_DRIVE], 'noapictimer')
  assert.equal(await Promise.race([twice.promise, vmm.console]), true)
})

test('QEMU and the vsock device are nobody, see only their files and no network', async (t) => {
  if (process.getuid?.() !== 0) {
    t.skip('only root sees the namespaces of other users')
    return
  }
  const vmm = await VmmUnderTest.start(t)
  await vmm.boot([ROOT_DRIVE])
  for (const [name, seen] of [
    ['qemu', ['dev', 'drive0', 'etc', 'initrd', 'kernel', 'lib', 'lib64', 'usr', 'vsock']],
    ['vhost-device-vs', ['vhost-device-vsock', 'vsock']],
  ] as const) {
    const pid = await vmm.child(name)
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    const ids = Array(4).fill(VM_USER).join('\t')
    assert.match(status, new RegExp(`^Uid:\t${ids}$`, 'm'))
    assert.match(status, new RegExp(`^Gid:\t${ids}$`, 'm'))
    assert.match(status, /^Groups:\t? *$/m)
    assert.match(status, /^CapEff:\t0+$/m)
    assert.match(status, /^NoNewPrivs:\t1$/m)
    assert.deepEqual((await readdir(`/proc/${pid}/root/`)).sort(), seen)
    const devices = await readFile(`/proc/${pid}/net/dev`, 'utf8')
    assert.deepEqual(
      [...devices.matchAll(/^ *(\S+):/gm)].map(([, device]) => device),
      ['lo'],
    )
  }
  const sandbox = await readFile(`/proc/${await vmm.child('qemu')}/status`, 'utf8')
  assert.match(sandbox, /^Seccomp:\t2$/m)
})

test('a VMM that is killed takes QEMU and the vsock device with it', async (t) => {
  const vmm = await VmmUnderTest.start(t)
  await vmm.boot([ROOT_DRIVE])
  const pids = await vmm.children()
  assert.equal(pids.length, 2)
  const device = connect(vmm.udsPath)
  await once(device, 'connect')
  // A peer that is killed may reset the connection; `once` would take that for a failure to close.
  device.on('error', () => device.destroy())
  const { promise: deviceEnded, resolve } = Promise.withResolvers<void>()
  device.once('close', () => resolve())
  vmm.process.kill('SIGKILL')
  // QEMU holds the console's pipe, the device this connection.
  await vmm.console
  await deviceEnded
  for (const pid of pids) await ended(pid)
})
