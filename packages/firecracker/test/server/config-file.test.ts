import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault } from '../../src/index.ts'
import { bootFiles, recordingVmm, sendTo } from '../support/recording-vmm.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

test('a document configures the machine in order and starts it', async () => {
  using directory = temporaryDirectory()
  const { bootSource, rootDrive } = bootFiles(directory.path)
  const { api, calls, started } = recordingVmm()
  await api.applyConfigFile(
    JSON.stringify({
      drives: [rootDrive],
      'boot-source': bootSource,
      'machine-config': { vcpu_count: 2, mem_size_mib: 512 },
      'network-interfaces': [{ iface_id: 'eth0', host_dev_name: 'tap0' }],
      vsock: { guest_cid: 7, uds_path: `${directory.path}/v.sock` },
      entropy: {},
      logger: { level: 'Warn' },
      metrics: { metrics_path: '/m' },
      balloon: null,
      'cpu-config': null,
      'mmds-config': null,
      'memory-hotplug': null,
      pmem: [],
    }),
  )
  assert.deepEqual(calls, [
    'configure logger',
    'configure metrics',
    'configure machine_config',
    'configure boot_source',
    'configure drive',
    'configure network_interface',
    'configure vsock',
    'configure entropy',
    'start',
  ])
  assert.equal(started[0]?.machineConfig.memSizeMib, 512)
  assert.equal(api.state, 'running')
})

test('what GET /vm/config answers can be used as a document', async () => {
  using directory = temporaryDirectory()
  const { bootSource, rootDrive } = bootFiles(directory.path)
  const first = recordingVmm()
  const send = sendTo(first.api)
  await send('PUT', '/boot-source', bootSource)
  await send('PUT', '/drives/rootfs', rootDrive)
  await send('PUT', '/actions', { action_type: 'InstanceStart' })
  const second = recordingVmm()
  await second.api.applyConfigFile(JSON.stringify((await send('GET', '/vm/config')).body))
  assert.deepEqual(second.started, first.started)
})

for (const [what, document, reason] of [
  ['is not JSON', 'boot-source', /JSON/],
  ['has no boot source', '{"drives":[]}', /missing field `boot-source`/],
  ['has an unknown field', '{"boot-source":{},"drives":[],"disks":[]}', /unknown field `disks`/],
  [
    ...([
      'wants a balloon',
      '{"boot-source":{"kernel_image_path":"/k"},"drives":[],"balloon":{}}',
    ] as const),
    /not supported: balloon/,
  ],
  [
    ...([
      'wants pmem',
      '{"boot-source":{"kernel_image_path":"/k"},"drives":[],"pmem":[{}]}',
    ] as const),
    /not supported: pmem/,
  ],
  [
    ...([
      'names a missing kernel',
      '{"boot-source":{"kernel_image_path":"/nowhere"},"drives":[]}',
    ] as const),
    /^Boot source error: The kernel file cannot be opened/,
  ],
] as [string, string, RegExp][]) {
  test(`a document that ${what} is refused and starts nothing`, async () => {
    const { api, calls } = recordingVmm()
    await assert.rejects(api.applyConfigFile(document), (error) => {
      assert.ok(error instanceof Fault)
      assert.match(error.message, reason)
      return true
    })
    assert.deepEqual(calls, [])
  })
}
