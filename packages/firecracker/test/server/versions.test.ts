import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordingVmm, sendTo } from '../support/recording-vmm.ts'

function sendToVersion(vmmVersion: string) {
  return sendTo(recordingVmm({ identity: { id: 'a', vmmVersion, appName: 'Old' } }).api)
}

test('a version takes no field that came later', async () => {
  const body = { iface_id: 'eth0', host_dev_name: 'tap0', mtu: 1400 }
  const answer = await sendToVersion('1.15.2')('PUT', '/network-interfaces/eth0', body)
  assert.deepEqual(answer, {
    status: 400,
    body: {
      fault_message:
        'An error occurred when deserializing the json body of a request: unknown field `mtu`.',
    },
  })
  const later = await sendToVersion('1.16.0')('PUT', '/network-interfaces/eth0', body)
  assert.equal(later.status, 204)
})

test('a version has no call that came later', async () => {
  assert.deepEqual(await sendToVersion('1.13.1')('PUT', '/serial', {}), {
    status: 400,
    body: { fault_message: 'Invalid request method and/or path: PUT serial.' },
  })
  assert.equal((await sendToVersion('1.14.0')('PUT', '/serial', {})).status, 204)
})

test('a document is taken as its parts are', async () => {
  const { api } = recordingVmm({ identity: { id: 'a', vmmVersion: '1.13.0', appName: 'Old' } })
  const document = {
    'boot-source': { kernel_image_path: '/k' },
    drives: [],
    'memory-hotplug': { total_size_mib: 128 },
  }
  await assert.rejects(api.applyConfigFile(JSON.stringify(document)), {
    message: /unknown field `PUT \/hotplug\/memory`/,
  })
})
