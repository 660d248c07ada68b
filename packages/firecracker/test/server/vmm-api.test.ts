import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { Fault, VmmApi } from '../../src/api.ts'
import { bootFiles, recordingVmm, sendTo } from '../support/recording-vmm.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const START = { action_type: 'InstanceStart' }
const PRE_BOOT = 'The requested operation is not supported before starting the microVM.'
const POST_BOOT = 'The requested operation is not supported after starting the microVM.'

async function startedApi(directory: string) {
  const recorded = recordingVmm()
  const send = sendTo(recorded.api)
  const { bootSource } = bootFiles(directory)
  assert.equal((await send('PUT', '/boot-source', bootSource)).status, 204)
  assert.equal((await send('PUT', '/actions', START)).status, 204)
  return { ...recorded, send }
}

test('a machine is configured, started, paused and resumed', async () => {
  using directory = temporaryDirectory()
  const { send, calls, api } = await startedApi(directory.path)
  assert.equal((await send('PATCH', '/vm', { state: 'Paused' })).status, 204)
  assert.equal(api.state, 'paused')
  assert.equal((await send('GET', '/')).body?.['state'], 'Paused')
  assert.equal((await send('PATCH', '/vm', { state: 'Resumed' })).status, 204)
  assert.equal((await send('PUT', '/actions', { action_type: 'SendCtrlAltDel' })).status, 204)
  assert.equal((await send('PUT', '/actions', { action_type: 'FlushMetrics' })).status, 204)
  assert.deepEqual(calls, [
    ...['configure boot_source', 'start', 'pause', 'resume', 'sendCtrlAltDel', 'flushMetrics'],
  ])
})

test('the instance tells its id, version, name and state', async () => {
  const { api } = recordingVmm()
  const send = sendTo(api)
  assert.deepEqual(await send('GET', '/'), {
    status: 200,
    body: { id: 'vm-1', state: 'Not started', vmm_version: '1.16.1', app_name: 'Recording' },
  })
  assert.deepEqual((await send('GET', '/version')).body, { firecracker_version: '1.16.1' })
})

for (const [path, body] of [
  ['/vm', { state: 'Paused' }],
  ['/vm', { state: 'Resumed' }],
] as const) {
  test(`PATCH ${path} ${body.state} is refused before the start`, async () => {
    const { api, calls } = recordingVmm()
    const answer = await sendTo(api)('PATCH', path, body)
    assert.deepEqual(answer, { status: 400, body: { fault_message: PRE_BOOT } })
    assert.deepEqual(calls, [])
  })
}

for (const action_type of ['SendCtrlAltDel', 'FlushMetrics']) {
  test(`${action_type} is refused before the start`, async () => {
    const answer = await sendTo(recordingVmm().api)('PUT', '/actions', { action_type })
    assert.deepEqual(answer, { status: 400, body: { fault_message: PRE_BOOT } })
  })
}

for (const [method, path, body] of [
  ['PUT', '/boot-source', { kernel_image_path: '/k' }],
  ['PUT', '/machine-config', { vcpu_count: 1, mem_size_mib: 128 }],
  ['PATCH', '/machine-config', { vcpu_count: 1 }],
  ['PUT', '/cpu-config', {}],
  ['PUT', '/vsock', { guest_cid: 3, uds_path: '/a' }],
  ['PUT', '/balloon', { amount_mib: 1, deflate_on_oom: true }],
  ['PUT', '/hotplug/memory', { total_size_mib: 128 }],
  ['PUT', '/mmds/config', { network_interfaces: ['a'] }],
  ['PUT', '/snapshot/load', { snapshot_path: '/a', mem_file_path: '/b' }],
  ['PUT', '/entropy', {}],
  ['PUT', '/serial', {}],
  ['PUT', '/logger', {}],
  ['PUT', '/metrics', { metrics_path: '/a' }],
  ['PUT', '/actions', START],
] as const) {
  test(`${method} ${path} is refused after the start`, async () => {
    using directory = temporaryDirectory()
    const { send } = await startedApi(directory.path)
    const answer = await send(method, path, body)
    assert.deepEqual(answer, { status: 400, body: { fault_message: POST_BOOT } })
  })
}

for (const [method, path, body, fault] of [
  ['GET', '/nowhere', undefined, 'Invalid request method and/or path: GET nowhere.'],
  ['DELETE', '/vsock', undefined, 'Invalid request method and/or path: DELETE vsock.'],
  ['GET', '/vm', undefined, 'Invalid request method and/or path: GET vm.'],
  ['PUT', '/constructor', {}, 'Invalid request method and/or path: PUT constructor.'],
  ['GET', '/hotplug', undefined, 'Invalid request method and/or path: GET hotplug.'],
  ['GET', '/balloon/x', undefined, 'Unrecognized GET request path `x`.'],
  ['GET', '/balloon/hinting/x', undefined, 'Unrecognized GET request path `/hinting/x`.'],
  ['PATCH', '/balloon/hinting/x', {}, 'Unrecognized PATCH request path `/hinting/x`.'],
  ['PUT', '/mmds/x', {}, 'Unrecognized PUT request path `x`.'],
  ['PUT', '/snapshot', {}, 'Missing snapshot operation type.'],
  ['PUT', '/snapshot/x', {}, 'Invalid request method and/or path: PUT /snapshot/x.'],
  ['PUT', '/nowhere', undefined, 'Empty PUT request.'],
  ['PATCH', '/balloon', undefined, 'Empty PATCH request.'],
  ['DELETE', '/drives/a', {}, 'Empty Delete request.'],
  ['DELETE', '/drives', undefined, 'The ID cannot be empty.'],
  ['PUT', '/vsock', undefined, 'Empty PUT request.'],
  ['PATCH', '/vm', undefined, 'Empty PATCH request.'],
  ['PATCH', '/machine-config', {}, 'Empty PATCH request.'],
  ['GET', '/version', {}, 'GET request cannot have a body.'],
  ['PUT', '/drives', {}, 'The ID cannot be empty.'],
  [
    ...['PUT', '/drives/a-b', {}],
    'API Resource IDs can only contain alphanumeric characters and underscores.',
  ],
  [
    ...['PUT', '/drives/b', { drive_id: 'a', is_root_device: false, path_on_host: '/a' }],
    'The id from the path does not match the id from the body!',
  ],
  [
    ...['PUT', '/network-interfaces/b', { iface_id: 'a', host_dev_name: 'tap0' }],
    'The id from the path [b] does not match the id from the body [a]!',
  ],
] as [string, string, unknown, string][]) {
  test(`${method} ${path} with ${JSON.stringify(body)} is refused: ${fault}`, async () => {
    const answer = await sendTo(recordingVmm().api)(method, path, body)
    assert.deepEqual(answer, { status: 400, body: { fault_message: fault } })
  })
}

for (const [body, reason] of [
  ['{', /^An error occurred when deserializing the json body of a request: .*JSON/],
  ['{"guest_cid":3,"uds_path":"/a","x":1}', /unknown field `x`/],
  ['{"guest_cid":3}', /missing field `uds_path`/],
  ['{"guest_cid":"3","uds_path":"/a"}', /guest_cid: .*expected number, received string/],
  ['[]', /expected object/],
] as const) {
  test(`a body that is ${body} is refused and changes nothing`, async () => {
    const { api, calls } = recordingVmm()
    const answer = await sendTo(api)('PUT', '/vsock', body)
    assert.equal(answer.status, 400)
    assert.match(String(answer.body?.['fault_message']), reason)
    assert.deepEqual(calls, [])
  })
}

test('a part that the VMM refuses with a fault is not configured', async () => {
  const { api } = recordingVmm({
    configure: () => {
      throw new Fault('no entropy here')
    },
  })
  const send = sendTo(api)
  const answer = await send('PUT', '/entropy', {})
  assert.deepEqual(answer, { status: 400, body: { fault_message: 'no entropy here' } })
  assert.equal((await send('GET', '/vm/config')).body?.['entropy'], null)
})

test('a start that failed can be tried again', async () => {
  using directory = temporaryDirectory()
  let failures = 1
  const { api } = recordingVmm({
    start: () => {
      failures -= 1
      if (failures === 0) throw new Fault('no KVM')
    },
  })
  const send = sendTo(api)
  await send('PUT', '/boot-source', bootFiles(directory.path).bootSource)
  assert.equal((await send('PUT', '/actions', START)).body?.['fault_message'], 'no KVM')
  assert.equal(api.state, 'not_started')
  assert.equal((await send('PUT', '/actions', START)).status, 204)
})

test('a bug in the VMM is answered with status 500 and its stack', async () => {
  const { api } = recordingVmm({
    configure: () => {
      throw new TypeError('a bug')
    },
  })
  const answer = await sendTo(api)('PUT', '/entropy', {})
  assert.equal(answer.status, 500)
  assert.match(String(answer.body?.['fault_message']), /TypeError: a bug\n\s+at /)
})

test('what the VMM does not offer is refused', async () => {
  using directory = temporaryDirectory()
  const api = new VmmApi({
    identity: { id: 'a', vmmVersion: '1.16.1', appName: 'Bare' },
    start: () => undefined,
    pause: () => undefined,
    resume: () => undefined,
  })
  const send = sendTo(api)
  await send('PUT', '/boot-source', bootFiles(directory.path).bootSource)
  await send('PUT', '/actions', START)
  for (const action_type of ['SendCtrlAltDel', 'FlushMetrics']) {
    assert.deepEqual(await send('PUT', '/actions', { action_type }), {
      status: 400,
      body: { fault_message: `The requested operation is not supported: ${action_type}` },
    })
  }
})

test('requests are taken one after the other', async () => {
  using directory = temporaryDirectory()
  const slowStart = Promise.withResolvers<void>()
  const order: string[] = []
  const { api } = recordingVmm({
    start: async () => {
      await slowStart.promise
      order.push('started')
    },
    pause: () => void order.push('paused'),
  })
  const send = sendTo(api)
  await send('PUT', '/boot-source', bootFiles(directory.path).bootSource)
  const start = send('PUT', '/actions', START)
  const pause = send('PATCH', '/vm', { state: 'Paused' })
  slowStart.resolve()
  assert.equal((await start).status, 204)
  assert.equal((await pause).status, 204)
  assert.deepEqual(order, ['started', 'paused'])
})

test('an ended machine answers with faults, even when a start was under way', async () => {
  using directory = temporaryDirectory()
  const { api } = recordingVmm({ start: () => api.end() })
  const send = sendTo(api)
  await send('PUT', '/boot-source', bootFiles(directory.path).bootSource)
  await send('PUT', '/actions', START)
  assert.equal(api.state, 'ended')
  assert.equal((await send('GET', '/')).status, 400)
})

test('a field that comes twice is refused at any depth, and in metadata the last one counts', async () => {
  const { api, calls } = recordingVmm()
  const send = sendTo(api)
  const prefix = 'An error occurred when deserializing the json body of a request:'
  for (const [path, body, name] of [
    ['/machine-config', '{"vcpu_count": 1, "mem_size_mib": 128, "vcpu_count" :2}', 'vcpu_count'],
    ['/entropy', '{"rate_limiter":{"ops":{"size":1,"refill_time":1,"\\u0073ize":2}}}', 'size'],
  ] as const) {
    assert.deepEqual(await send('PUT', path, body), {
      status: 400,
      body: { fault_message: `${prefix} duplicate field \`${name}\`.` },
    })
  }
  assert.deepEqual(calls, [])
  using directory = temporaryDirectory()
  const logger = { log_path: join(directory.path, 'a:{"log_path":1}'), level: 'Info' }
  assert.equal((await send('PUT', '/logger', logger)).status, 204)
  assert.equal((await send('PUT', '/mmds', '{"a":1,"a":2}')).status, 204)
  assert.deepEqual((await send('GET', '/mmds')).body, { a: 2 })
})
