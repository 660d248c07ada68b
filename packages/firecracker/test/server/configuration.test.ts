import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { bootFiles, recordingVmm, sendTo } from '../support/recording-vmm.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const START = { action_type: 'InstanceStart' }

async function faultOf(method: string, path: string, body: unknown): Promise<unknown> {
  const answer = await sendTo(recordingVmm().api)(method, path, body)
  assert.equal(answer.status, 400)
  return answer.body?.['fault_message']
}

test('a machine without a kernel cannot be started', async () => {
  assert.equal(
    await faultOf('PUT', '/actions', START),
    'Start microvm error: Cannot start microvm without kernel configuration.',
  )
})

test('a kernel that is missing is refused at once', async () => {
  assert.equal(
    await faultOf('PUT', '/boot-source', { kernel_image_path: '/nowhere' }),
    'Boot source error: The kernel file cannot be opened: No such file or directory (os error 2)',
  )
})

test('an initrd that is missing is refused at once', async () => {
  using directory = temporaryDirectory()
  const { bootSource } = bootFiles(directory.path)
  assert.equal(
    await faultOf('PUT', '/boot-source', { ...bootSource, initrd_path: '/nowhere' }),
    'Boot source error: The initrd file cannot be opened due to invalid path or invalid permissions. No such file or directory (os error 2)',
  )
})

test('boot arguments are at most 2047 bytes', async () => {
  using directory = temporaryDirectory()
  const { bootSource } = bootFiles(directory.path)
  const send = sendTo(recordingVmm().api)
  const status = async (boot_args: string) => {
    return (await send('PUT', '/boot-source', { ...bootSource, boot_args })).status
  }
  assert.equal(await status('a'.repeat(2047)), 204)
  assert.equal(await status('a'.repeat(2048)), 400)
  assert.equal(await status('ä'.repeat(1024)), 400)
})

for (const [vcpu_count, mem_size_mib, more, good] of [
  [1, 1, {}, true],
  [32, 128, {}, true],
  [0, 128, {}, false],
  [33, 128, {}, false],
  [1, 0, {}, false],
  [3, 128, { smt: true }, false],
  [4, 128, { smt: true }, true],
  [1, 128, { smt: true }, true],
  [1, 127, { huge_pages: '2M' }, false],
  [1, 128, { huge_pages: '2M' }, true],
] as const) {
  const body = { vcpu_count, mem_size_mib, ...more }
  test(`a machine of ${JSON.stringify(body)} is ${good ? 'taken' : 'refused'}`, async () => {
    const answer = await sendTo(recordingVmm().api)('PUT', '/machine-config', body)
    assert.equal(answer.status, good ? 204 : 400)
    if (!good) assert.match(String(answer.body?.['fault_message']), /^Machine config error: /)
  })
}

test('PUT gives what it does not name its default', async () => {
  const send = sendTo(recordingVmm().api)
  await send('PUT', '/machine-config', { vcpu_count: 2, mem_size_mib: 256, smt: true })
  await send('PUT', '/machine-config', { vcpu_count: 4, mem_size_mib: 512 })
  assert.deepEqual((await send('GET', '/machine-config')).body, {
    vcpu_count: 4,
    mem_size_mib: 512,
    smt: false,
    track_dirty_pages: false,
    huge_pages: 'None',
  })
})

test('PATCH changes only what it names', async () => {
  const send = sendTo(recordingVmm().api)
  await send('PUT', '/machine-config', { vcpu_count: 2, mem_size_mib: 256 })
  await send('PATCH', '/machine-config', { mem_size_mib: 512 })
  assert.deepEqual((await send('GET', '/machine-config')).body, {
    vcpu_count: 2,
    mem_size_mib: 512,
    smt: false,
    track_dirty_pages: false,
    huge_pages: 'None',
  })
})

test('a drive that comes again replaces the first, and the root drive is the first of all', async () => {
  using directory = temporaryDirectory()
  const { rootDrive } = bootFiles(directory.path)
  const other = join(directory.path, 'other')
  writeFileSync(other, '')
  const { api } = recordingVmm()
  const send = sendTo(api)
  const scratch = {
    drive_id: 'scratch',
    path_on_host: rootDrive.path_on_host,
    is_root_device: false,
  }
  await send('PUT', '/drives/scratch', scratch)
  await send('PUT', '/drives/data', { ...scratch, drive_id: 'data' })
  await send('PUT', '/drives/rootfs', rootDrive)
  await send('PUT', '/drives/scratch', { ...scratch, path_on_host: other })
  const defaults = { cache_type: 'Unsafe', io_engine: 'Sync' }
  assert.deepEqual((await send('GET', '/vm/config')).body?.['drives'], [
    { ...rootDrive, ...defaults },
    { ...scratch, path_on_host: other, is_read_only: false, ...defaults },
    { ...scratch, drive_id: 'data', is_read_only: false, ...defaults },
  ])
})

test('a second root drive is refused, the same one again is not', async () => {
  using directory = temporaryDirectory()
  const { rootDrive } = bootFiles(directory.path)
  const send = sendTo(recordingVmm().api)
  assert.equal((await send('PUT', '/drives/rootfs', rootDrive)).status, 204)
  assert.equal((await send('PUT', '/drives/rootfs', rootDrive)).status, 204)
  const second = await send('PUT', '/drives/second', { ...rootDrive, drive_id: 'second' })
  assert.equal(
    second.body?.['fault_message'],
    'Drive config error: A root block device already exists!',
  )
})

test('a drive whose file is missing is refused with its path', async () => {
  assert.equal(
    await faultOf('PUT', '/drives/a', {
      drive_id: 'a',
      path_on_host: '/nowhere/a',
      is_root_device: false,
    }),
    'Drive config error: Unable to create the virtio block device: Virtio backend error: Error manipulating the backing file: No such file or directory (os error 2) /nowhere/a',
  )
})

for (const backend of [{}, { path_on_host: '/a', socket: '/b' }]) {
  test(`a drive with ${JSON.stringify(backend)} is refused`, async () => {
    assert.equal(
      await faultOf('PUT', '/drives/a', { drive_id: 'a', is_root_device: false, ...backend }),
      'Drive config error: Unable to create the virtio block device: Invalid block config.',
    )
  })
}

test('two interfaces cannot have the same MAC address', async () => {
  const { api } = recordingVmm()
  const send = sendTo(api)
  const device = { host_dev_name: 'tap0', guest_mac: '06:00:ac:10:00:02' }
  const put = (iface_id: string, guest_mac: string) => {
    return send('PUT', `/network-interfaces/${iface_id}`, { ...device, iface_id, guest_mac })
  }
  assert.equal((await put('eth0', device.guest_mac)).status, 204)
  assert.equal((await put('eth0', device.guest_mac)).status, 204)
  assert.equal(
    (await put('eth1', device.guest_mac.toUpperCase())).body?.['fault_message'],
    'Network config error: The MAC address is already in use: 06:00:ac:10:00:02',
  )
  assert.equal((await put('eth1', '06:00:ac:10:00:03')).status, 204)
})

test('a vsock whose path exists is refused, unless it is its own', async () => {
  using directory = temporaryDirectory()
  const uds_path = join(directory.path, 'v.sock')
  const { api } = recordingVmm({ configure: () => writeFileSync(uds_path, '') })
  const send = sendTo(api)
  assert.equal((await send('PUT', '/vsock', { guest_cid: 3, uds_path })).status, 204)
  assert.equal((await send('PUT', '/vsock', { guest_cid: 4, uds_path })).status, 204)
  assert.equal(
    await faultOf('PUT', '/vsock', { guest_cid: 3, uds_path }),
    'Vsock config error: Cannot create backend for vsock device: Error binding to the host-side Unix socket: Address in use (os error 98)',
  )
})

test('a vsock path that no socket can have is refused', async () => {
  const fault = await faultOf('PUT', '/vsock', { guest_cid: 3, uds_path: `/${'a'.repeat(107)}` })
  assert.match(String(fault), /path must be shorter than SUN_LEN$/)
})

test('the VMM is started with all that was configured, defaults filled in', async () => {
  using directory = temporaryDirectory()
  const { bootSource, rootDrive } = bootFiles(directory.path)
  const { api, started } = recordingVmm()
  const send = sendTo(api)
  const uds_path = join(directory.path, 'v.sock')
  const bodies: [string, unknown][] = [
    ['/boot-source', { ...bootSource, boot_args: 'console=ttyS0' }],
    ['/drives/rootfs', rootDrive],
    ['/network-interfaces/eth0', { iface_id: 'eth0', host_dev_name: 'tap0', mtu: 1400 }],
    ['/vsock', { guest_cid: 3, uds_path }],
    ['/entropy', {}],
    ['/serial', { serial_out_path: '/console' }],
    ['/logger', { level: 'Info' }],
    ['/metrics', { metrics_path: '/metrics' }],
    ['/actions', START],
  ]
  for (const [path, body] of bodies) assert.equal((await send('PUT', path, body)).status, 204, path)
  assert.deepEqual(started, [
    {
      bootSource: {
        kernelImagePath: bootSource.kernel_image_path,
        bootArgs: 'console=ttyS0',
      },
      machineConfig: {
        vcpuCount: 1,
        memSizeMib: 128,
        smt: false,
        trackDirtyPages: false,
        hugePages: 'None',
      },
      drives: [
        {
          driveId: 'rootfs',
          pathOnHost: rootDrive.path_on_host,
          isRootDevice: true,
          isReadOnly: true,
        },
      ],
      networkInterfaces: [{ ifaceId: 'eth0', hostDevName: 'tap0', mtu: 1400 }],
      vsock: { guestCid: 3, udsPath: uds_path },
      entropy: {},
      serial: { serialOutPath: '/console' },
      logger: { level: 'Info' },
      metrics: { metricsPath: '/metrics' },
    },
  ])
})
