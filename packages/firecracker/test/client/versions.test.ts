import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { serveFirecrackerApi, VmmApi } from '../../src/api.ts'
import { FirecrackerClient, UnsupportedByVersionError, UnsupportedError } from '../../src/index.ts'
import { recordingVmm } from '../support/recording-vmm.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** A VMM of `vmmVersion`, and every request that it got. */
async function servedVersion(directory: string, vmmVersion: string, known?: string) {
  const { api } = recordingVmm({ identity: { id: 'a', vmmVersion, appName: 'Any' } })
  const requests: string[] = []
  class Recorded extends VmmApi {
    override handle(request: Parameters<VmmApi['handle']>[0]) {
      requests.push(`${request.method} ${request.path}`)
      return api.handle(request)
    }
  }
  const socketPath = join(directory, 'api.sock')
  const vmm = { identity: { id: 'a', vmmVersion, appName: 'Any' } } as never
  const server = await serveFirecrackerApi({ api: new Recorded(vmm), socketPath })
  const client = new FirecrackerClient(socketPath, known === undefined ? {} : { version: known })
  return {
    client,
    requests,
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

test('a field that the running version lacks is refused before anything of the call is sent', async () => {
  using directory = temporaryDirectory()
  await using served = await servedVersion(directory.path, '1.15.1')
  const value = { ifaceId: 'eth0', hostDevName: 'tap0', mtu: 1400 }
  await assert.rejects(served.client.putNetworkInterface(value), (error) => {
    assert.ok(error instanceof UnsupportedByVersionError)
    const { code, endpoint, field, neededVersion, runningVersion } = error
    assert.deepEqual(
      { code, endpoint, field, neededVersion, runningVersion },
      {
        code: 'unsupported_by_version',
        endpoint: 'PUT /network-interfaces/{id}',
        field: 'mtu',
        neededVersion: '1.16.0',
        runningVersion: '1.15.1',
      },
    )
    return true
  })
  assert.deepEqual(served.requests, ['GET /version'])
})

test('a call that the running version lacks is refused before it is sent', async () => {
  using directory = temporaryDirectory()
  await using served = await servedVersion(directory.path, '1.13.0')
  await assert.rejects(served.client.putMemoryHotplug({ totalSizeMib: 128 }), {
    code: 'unsupported_by_version',
    endpoint: 'PUT /hotplug/memory',
    field: undefined,
    neededVersion: '1.14.0',
  })
  assert.deepEqual(served.requests, ['GET /version'])
})

test('the version is asked for once, and by no call that every version takes', async () => {
  using directory = temporaryDirectory()
  await using served = await servedVersion(directory.path, '1.16.1')
  const { client, requests } = served
  await client.putNetworkInterface({ ifaceId: 'eth0', hostDevName: 'tap0' })
  assert.deepEqual(requests, ['PUT /network-interfaces/eth0'])
  await client.putNetworkInterface({ ifaceId: 'eth0', hostDevName: 'tap0', mtu: 1400 })
  await client.putEntropy({})
  assert.deepEqual(requests.slice(1), [
    'GET /version',
    'PUT /network-interfaces/eth0',
    'PUT /entropy',
  ])
})

test('a version that is known is not asked for', async () => {
  using directory = temporaryDirectory()
  await using served = await servedVersion(directory.path, '1.16.1', '1.16.1')
  await served.client.putEntropy({})
  assert.deepEqual(served.requests, ['PUT /entropy'])
})

test('an id is one part of a path, whatever is in it', async () => {
  using directory = temporaryDirectory()
  await using served = await servedVersion(directory.path, '1.16.1')
  await assert.rejects(served.client.deleteDrive('a/../../b c'), { code: 'vmm_api_fault' })
  assert.deepEqual(served.requests, ['GET /version', 'DELETE /drives/a%2F..%2F..%2Fb%20c'])
})

test('the back end Uffd is refused, since nobody here could serve it', async () => {
  using directory = temporaryDirectory()
  await using served = await servedVersion(directory.path, '1.16.1')
  const load = served.client.loadSnapshot({
    snapshotPath: '/a',
    memBackend: { backendType: 'Uffd', backendPath: '/b' },
  })
  await assert.rejects(load, (error) => {
    assert.ok(error instanceof UnsupportedError)
    assert.equal(error.code, 'unsupported')
    return true
  })
  assert.deepEqual(served.requests, [])
})
