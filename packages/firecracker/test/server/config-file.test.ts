import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Fault } from '../../src/api.ts'
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
      balloon: { amount_mib: 1, deflate_on_oom: true },
      'cpu-config': { msr_modifiers: [{ addr: '0x1b', bitmap: '0b1' }] },
      'mmds-config': { network_interfaces: ['eth0'], version: 'V2' },
      'memory-hotplug': { total_size_mib: 256 },
      pmem: [{ id: 'data', path_on_host: '/data' }],
    }),
  )
  assert.deepEqual(calls, [
    'configure logger',
    'configure metrics',
    'configure machine_config',
    'configure cpu_config',
    'configure boot_source',
    'configure drive',
    'configure network_interface',
    'configure vsock',
    'configure balloon',
    'configure mmds_config',
    'configure entropy',
    'configure pmem',
    'configure memory_hotplug',
    'start',
  ])
  assert.equal(started[0]?.machineConfig.memSizeMib, 512)
  assert.equal(api.state, 'running')
})

test('a document may name a file with the CPU template', async () => {
  using directory = temporaryDirectory()
  const { bootSource } = bootFiles(directory.path)
  const path = join(directory.path, 'template.json')
  writeFileSync(path, '{"kvm_capabilities":["!1"]}')
  const { api, started } = recordingVmm()
  await api.applyConfigFile(
    JSON.stringify({ 'boot-source': bootSource, drives: [], 'cpu-config': path }),
  )
  assert.deepEqual(started[0]?.cpuConfig, { kvmCapabilities: ['!1'] })
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
  const { body } = await send('GET', '/vm/config')
  await second.api.applyConfigFile(JSON.stringify(body))
  assert.deepEqual((await sendTo(second.api)('GET', '/vm/config')).body, body)
})

for (const [what, document, reason] of [
  ['is not JSON', 'boot-source', /JSON/],
  ['has no boot source', '{"drives":[]}', /missing field `boot-source`/],
  ['has an unknown field', '{"boot-source":{},"drives":[],"disks":[]}', /unknown field `disks`/],
  [
    ...([
      'has a balloon of no size',
      '{"boot-source":{"kernel_image_path":"/k"},"drives":[],"balloon":{"deflate_on_oom":true}}',
    ] as const),
    /missing field `amount_mib`/,
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
