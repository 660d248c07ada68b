import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordingVmm, sendTo } from '../support/recording-vmm.ts'

const PMEM = { id: 'a', path_on_host: '/a' }
const ROOT_DRIVE = { drive_id: 'r', is_root_device: true, path_on_host: '/dev/null' }
const BALLOON = { amount_mib: 10, deflate_on_oom: true }
const INTERFACE = { iface_id: 'eth0', host_dev_name: 'tap0' }

type Call = readonly [method: string, path: string, body: unknown]

/** The last of these calls is refused; those before it are not. Firecracker 1.16.1 says the same. */
for (const [fault, ...calls] of [
  [
    'Balloon config error: Amount of pages requested is too large.',
    ['PUT', '/balloon', { ...BALLOON, amount_mib: 129 }],
  ],
  [
    'Machine config error: The memory size (MiB) is smaller than the previously set balloon device target size.',
    ['PUT', '/balloon', BALLOON],
    ['PUT', '/machine-config', { vcpu_count: 1, mem_size_mib: 5 }],
  ],
  ['Balloon config error: No balloon device found.', ['GET', '/balloon', undefined]],
  [
    'Drive config error: Attempt to add block as a root device while the root device defined as a pmem device',
    ['PUT', '/pmem/a', { ...PMEM, root_device: true }],
    ['PUT', '/drives/r', ROOT_DRIVE],
  ],
  [
    'Pmem config error: Attempt to add pmem as a root device while the root device defined as a block device',
    ['PUT', '/drives/r', ROOT_DRIVE],
    ['PUT', '/pmem/a', { ...PMEM, root_device: true }],
  ],
  [
    'Pmem config error: A root pmem device already exist',
    ['PUT', '/pmem/a', { ...PMEM, root_device: true }],
    ['PUT', '/pmem/b', { ...PMEM, id: 'b', root_device: true }],
  ],
  [
    'MMMDS config error: The list of network interface IDs that allow forwarding MMDS requests is empty.',
    ['PUT', '/mmds/config', { network_interfaces: [] }],
  ],
  [
    'MMMDS config error: The list of network interface IDs provided contains at least one ID that does not correspond to any existing network interface.',
    ['PUT', '/mmds/config', { network_interfaces: ['eth0'] }],
  ],
  [
    'MMMDS config error: The MMDS IPv4 address is not link local.',
    ['PUT', '/network-interfaces/eth0', INTERFACE],
    ['PUT', '/mmds/config', { network_interfaces: ['eth0'], ipv4_address: '169.254.0.1' }],
  ],
  ['MMDS error: The MMDS data store is not initialized.', ['PATCH', '/mmds', { a: 1 }]],
  [
    'Memory hotplug config error: Total size must not be lower than slot size (128 MiB)',
    ['PUT', '/hotplug/memory', { total_size_mib: 100 }],
  ],
  [
    'Memory hotplug config error: Total size must be a multiple of slot size (128 MiB)',
    ['PUT', '/hotplug/memory', { total_size_mib: 200 }],
  ],
  [
    'Memory hotplug config error: Block size must not be lower than 2 MiB',
    ['PUT', '/hotplug/memory', { total_size_mib: 128, block_size_mib: 1 }],
  ],
  [
    'Memory hotplug config error: Block size must be a power of 2',
    ['PUT', '/hotplug/memory', { total_size_mib: 128, block_size_mib: 3 }],
  ],
  [
    'Memory hotplug config error: Slot size must not be lower than 128 MiB',
    ['PUT', '/hotplug/memory', { total_size_mib: 128, slot_size_mib: 64 }],
  ],
  [
    'Memory hotplug config error: Slot size must be a multiple of block size (256 MiB)',
    ['PUT', '/hotplug/memory', { total_size_mib: 128, block_size_mib: 256 }],
  ],
  [
    'Metrics error: Cannot initialize the metrics system due to bad user input: Reinitialization of metrics not allowed.',
    ['PUT', '/metrics', { metrics_path: '/m' }],
    ['PUT', '/metrics', { metrics_path: '/m' }],
  ],
  [
    'An error occurred when deserializing the json body of a request: missing field: either `mem_backend` or `mem_file_path` is required.',
    ['PUT', '/snapshot/load', { snapshot_path: '/a' }],
  ],
  [
    'Load snapshot error: Loading a microVM snapshot not allowed after configuring boot-specific resources.',
    ['PUT', '/entropy', {}],
    ['PUT', '/snapshot/load', { snapshot_path: '/a', mem_file_path: '/b' }],
  ],
] as const satisfies readonly (readonly [string, ...Call[]])[]) {
  test(`${calls.map(([method, path]) => `${method} ${path}`).join(', ')} is refused: ${fault}`, async () => {
    const send = sendTo(recordingVmm().api)
    const answers = []
    for (const [method, path, body] of calls) answers.push(await send(method, path, body))
    const last = answers.pop()
    assert.deepEqual(
      answers.map(({ status }) => status),
      answers.map(() => 204),
    )
    assert.deepEqual(last, { status: 400, body: { fault_message: fault } })
  })
}

test('what is configured is told with its defaults', async () => {
  const send = sendTo(recordingVmm().api)
  await send('PUT', '/network-interfaces/eth0', INTERFACE)
  for (const [path, body] of [
    ['/balloon', BALLOON],
    ['/pmem/a', PMEM],
    ['/mmds/config', { network_interfaces: ['eth0'] }],
    ['/hotplug/memory', { total_size_mib: 256 }],
    ['/entropy', {}],
  ] as const) {
    assert.equal((await send('PUT', path, body)).status, 204, path)
  }
  const balloon = {
    ...BALLOON,
    stats_polling_interval_s: 0,
    free_page_hinting: false,
    free_page_reporting: false,
  }
  assert.deepEqual((await send('GET', '/balloon')).body, balloon)
  assert.deepEqual((await send('GET', '/vm/config')).body, {
    'boot-source': { kernel_image_path: '', initrd_path: null, boot_args: null },
    'cpu-config': null,
    vsock: null,
    logger: null,
    metrics: null,
    drives: [],
    'machine-config': {
      vcpu_count: 1,
      mem_size_mib: 128,
      smt: false,
      track_dirty_pages: false,
      huge_pages: 'None',
    },
    'network-interfaces': [INTERFACE],
    pmem: [{ ...PMEM, root_device: false, read_only: false }],
    balloon,
    'mmds-config': {
      network_interfaces: ['eth0'],
      version: 'V1',
      imds_compat: false,
      ipv4_address: '169.254.169.254',
    },
    entropy: {},
    'memory-hotplug': { total_size_mib: 256, block_size_mib: 2, slot_size_mib: 128 },
  })
})

test('metadata are put, merged and told', async () => {
  const send = sendTo(recordingVmm().api)
  assert.deepEqual((await send('GET', '/mmds')).body, {})
  await send('PUT', '/mmds', { a: { b: 1 }, c: [1] })
  await send('PATCH', '/mmds', { a: { d: 2, b: null }, e: { f: null, g: 3 } })
  assert.deepEqual((await send('GET', '/mmds')).body, { a: { d: 2 }, c: [1], e: { g: 3 } })
})

test('metadata over their limit are refused with their own status and stay as they were', async () => {
  const send = sendTo(recordingVmm().api)
  await send('PUT', '/mmds', { a: 'a'.repeat(51_000) })
  const answer = await send('PATCH', '/mmds', { b: 'b'.repeat(1_000) })
  assert.equal(answer.status, 413)
  assert.match(String(answer.body?.['fault_message']), /^MMDS limit exceeded error: /)
  assert.deepEqual(Object.keys((await send('GET', '/mmds')).body ?? {}), ['a'])
})
