import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Vmm } from '../../src/server/vmm.ts'
import { bootFiles, recordingVmm, sendTo } from '../support/recording-vmm.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const START = { action_type: 'InstanceStart' }
const NOT_FOUND = 'Failed perform action on device: Device not found'
const BALLOON = { amount_mib: 10, deflate_on_oom: true }
const DRIVE = { drive_id: 'a', is_root_device: false, path_on_host: '/dev/null' }

type Send = ReturnType<typeof sendTo>
type Call = readonly [method: string, path: string, body?: unknown]

async function running(
  directory: string,
  options: { parts?: readonly Call[]; vmm?: Partial<Vmm> } = {},
) {
  const recorded = recordingVmm(options.vmm)
  const send = sendTo(recorded.api)
  const { bootSource, rootDrive } = bootFiles(directory)
  await send('PUT', '/boot-source', bootSource)
  await send('PUT', '/drives/rootfs', rootDrive)
  for (const [method, path, body] of options.parts ?? []) {
    assert.equal((await send(method, path, body)).status, 204, path)
  }
  assert.equal((await send('PUT', '/actions', START)).status, 204)
  return { ...recorded, send }
}

async function faultOf(send: Send, [method, path, body]: Call): Promise<unknown> {
  const answer = await send(method, path, body)
  assert.equal(answer.status, 400)
  return answer.body?.['fault_message']
}

for (const [fault, call, parts = []] of [
  [
    `Drive config error: Unable to patch the block device: ${NOT_FOUND} Please verify the request arguments.`,
    ['PATCH', '/drives/b', { drive_id: 'b' }],
  ],
  [
    `Pmem config error: Unable to patch the pmem device: ${NOT_FOUND} Please verify the request arguments.`,
    ['PATCH', '/pmem/b', { id: 'b' }],
  ],
  [
    `Network config error: Unable to update the net device: ${NOT_FOUND}`,
    ['PATCH', '/network-interfaces/b', { iface_id: 'b' }],
  ],
  [`Internal VMM error: ${NOT_FOUND}`, ['GET', '/balloon']],
  [`Internal VMM error: ${NOT_FOUND}`, ['GET', '/balloon/statistics']],
  [`Internal VMM error: ${NOT_FOUND}`, ['GET', '/hotplug/memory']],
  [`Balloon update error: ${NOT_FOUND}`, ['PATCH', '/balloon', { amount_mib: 1 }]],
  [
    `Memory hotplug update error: ${NOT_FOUND}`,
    ['PATCH', '/hotplug/memory', { requested_size_mib: 1 }],
  ],
  [
    'Balloon update error: Balloon: Requested memory should be less than 129MiB',
    ['PATCH', '/balloon', { amount_mib: 129 }],
    [['PUT', '/balloon', BALLOON]],
  ],
  [
    'Balloon update error: Balloon: Statistics cannot be enabled/disabled after activation.',
    ['PATCH', '/balloon/statistics', { stats_polling_interval_s: 1 }],
    [['PUT', '/balloon', BALLOON]],
  ],
  [
    'Internal VMM error: Balloon: Received stats query when stats are disabled.',
    ['GET', '/balloon/statistics'],
    [['PUT', '/balloon', BALLOON]],
  ],
  [
    'Balloon update error: Balloon: Attempting to use hinting when not enabled',
    ['PATCH', '/balloon/hinting/start'],
    [['PUT', '/balloon', BALLOON]],
  ],
  [
    'Memory hotplug update error: Failed to create memory hotplug device: Size 3145728 is invalid: it must be a multiple of block size and less than the total size',
    ['PATCH', '/hotplug/memory', { requested_size_mib: 3 }],
    [['PUT', '/hotplug/memory', { total_size_mib: 128 }]],
  ],
  [
    'Create snapshot error: Cannot save the microVM state: Operation not allowed: save/restore unavailable while running',
    ['PUT', '/snapshot/create', { snapshot_path: '/a', mem_file_path: '/b' }],
  ],
  ['PCI is not enabled', ['PUT', '/drives/a', DRIVE]],
  ['PCI is not enabled', ['DELETE', '/drives/a']],
] as const satisfies readonly (readonly [string, Call, (readonly Call[])?])[]) {
  test(`${call[0]} ${call[1]} of a machine that runs is refused: ${fault}`, async () => {
    using directory = temporaryDirectory()
    const { send } = await running(directory.path, { parts })
    assert.equal(await faultOf(send, call), fault)
  })
}

for (const [method, path, body] of [
  ['PATCH', '/drives/a', { drive_id: 'a' }],
  ['PATCH', '/network-interfaces/a', { iface_id: 'a' }],
  ['DELETE', '/pmem/a'],
  ['GET', '/balloon/statistics'],
  ['GET', '/balloon/hinting/status'],
  ['PATCH', '/balloon', { amount_mib: 1 }],
  ['PATCH', '/balloon/hinting/stop'],
  ['GET', '/hotplug/memory'],
  ['PUT', '/snapshot/create', { snapshot_path: '/a', mem_file_path: '/b' }],
] as const satisfies readonly Call[]) {
  test(`${method} ${path} is refused before the start`, async () => {
    assert.equal(
      await faultOf(sendTo(recordingVmm().api), [method, path, body]),
      'The requested operation is not supported before starting the microVM.',
    )
  })
}

test('an update changes only the buckets that it names', async () => {
  using directory = temporaryDirectory()
  const bucket = { size: 1, refill_time: 1 }
  const { send, calls } = await running(directory.path, {
    parts: [['PUT', '/drives/a', { ...DRIVE, rate_limiter: { ops: bucket } }]],
  })
  const update = { drive_id: 'a', path_on_host: '/dev/zero', rate_limiter: { bandwidth: bucket } }
  assert.equal((await send('PATCH', '/drives/a', update)).status, 204)
  const { body } = await send('GET', '/vm/config')
  assert.deepEqual((body as { drives: object[] }).drives[1], {
    ...DRIVE,
    path_on_host: '/dev/zero',
    is_read_only: false,
    cache_type: 'Unsafe',
    io_engine: 'Sync',
    rate_limiter: { ops: bucket, bandwidth: bucket },
  })
  assert.equal(calls.at(-1), 'change drive')
})

test('a change that the VMM refuses has changed nothing', async () => {
  using directory = temporaryDirectory()
  const { send } = await running(directory.path, {
    parts: [['PUT', '/balloon', BALLOON]],
    vmm: { change: undefined } as unknown as Partial<Vmm>,
  })
  assert.equal(
    await faultOf(send, ['PATCH', '/balloon', { amount_mib: 1 }]),
    'The requested operation is not supported: to change a device (balloon)',
  )
  assert.equal((await send('GET', '/balloon')).body?.['amount_mib'], 10)
})

test('with PCI a device can be plugged in and taken out, but not twice and not the root', async () => {
  using directory = temporaryDirectory()
  const { send, calls } = await running(directory.path, { vmm: { pciEnabled: true } })
  assert.equal((await send('PUT', '/drives/a', DRIVE)).status, 204)
  assert.equal(await faultOf(send, ['PUT', '/drives/a', DRIVE]), 'Device ID in use')
  assert.equal(
    await faultOf(send, ['PUT', '/drives/b', { ...DRIVE, drive_id: 'b', is_root_device: true }]),
    'Drive config error: A root block device already exists!',
  )
  assert.equal(await faultOf(send, ['DELETE', '/drives/rootfs']), 'Cannot unplug root device')
  assert.equal((await send('DELETE', '/drives/a')).status, 204)
  assert.equal(await faultOf(send, ['DELETE', '/drives/a']), 'Device not found')
  assert.deepEqual(calls.slice(-2), ['change plug', 'change unplug'])
})

test('a paused machine can be made a snapshot of', async () => {
  using directory = temporaryDirectory()
  const { send, calls } = await running(directory.path)
  await send('PATCH', '/vm', { state: 'Paused' })
  const request = { snapshot_path: '/a', mem_file_path: '/b' }
  assert.equal((await send('PUT', '/snapshot/create', request)).status, 204)
  assert.equal(calls.at(-1), 'createSnapshot')
})
