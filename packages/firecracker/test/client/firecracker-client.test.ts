import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { linkSync, unlinkSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { serveFirecrackerApi } from '../../src/api.ts'
import {
  ApiDeadlineError,
  ApiFaultError,
  ApiResponseError,
  ApiUnreachableError,
  FirecrackerClient,
  SocketPathError,
} from '../../src/index.ts'
import { waitForSocket } from '../../src/process/wait-for-socket.ts'
import { FakeFirecracker } from '../../testing/index.ts'
import { bootFiles, recordingVmm } from '../support/recording-vmm.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

async function servedClient(directory: string) {
  const recorded = recordingVmm()
  const socketPath = join(directory, 'api.sock')
  const server = await serveFirecrackerApi({ api: recorded.api, socketPath })
  return { ...recorded, server, client: new FirecrackerClient(socketPath) }
}

/** A server that answers every connection's first bytes with `answer`, or with nothing. */
async function stubServer(directory: string, answer: string | undefined) {
  const socketPath = join(directory, 'api.sock')
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.once('data', () => {
      if (answer !== undefined) socket.write(answer)
    })
  })
  server.listen({ path: socketPath })
  await once(server, 'listening')
  return {
    socketPath,
    accepted: once(server, 'connection'),
    [Symbol.dispose]: () => void server.close(),
  }
}

test('every call arrives at the VMM as it was made', async () => {
  using directory = temporaryDirectory()
  const { bootSource, rootDrive } = bootFiles(directory.path)
  const { server, client, calls, started } = await servedClient(directory.path)
  await using _ = server
  using __ = client
  const udsPath = join(directory.path, 'v.sock')
  assert.equal((await client.instanceInfo()).state, 'not_started')
  assert.equal(await client.version(), '1.16.1')
  await client.putLogger({ level: 'Error' })
  await client.putMetrics({ metricsPath: '/m' })
  await client.putSerial({ serialOutPath: '/s' })
  await client.putMachineConfig({ vcpuCount: 1, memSizeMib: 256 })
  await client.patchMachineConfig({ memSizeMib: 512 })
  await client.putBootSource({ kernelImagePath: bootSource.kernel_image_path, bootArgs: 'a' })
  const driveFile = rootDrive.path_on_host
  await client.putDrive({ driveId: 'rootfs', isRootDevice: true, pathOnHost: driveFile })
  await client.putNetworkInterface({ ifaceId: 'eth0', hostDevName: 'tap0' })
  await client.putVsock({ guestCid: 9, udsPath })
  await client.putEntropy({})
  assert.equal((await client.machineConfig()).memSizeMib, 512)
  await client.perform('InstanceStart')
  await client.patchVmState('Paused')
  assert.equal((await client.instanceInfo()).state, 'paused')
  await client.patchVmState('Resumed')
  await client.perform('SendCtrlAltDel')
  assert.equal(calls.length, 14)
  assert.equal(started[0]?.vsock?.guestCid, 9)
  assert.equal((await client.vmConfig()).drives[0]?.pathOnHost, driveFile)
})

test('devices, metadata and snapshots are called and answered in the same shapes', async () => {
  using directory = temporaryDirectory()
  await using fake = new FakeFirecracker()
  const socketPath = join(directory.path, 'api.sock')
  const { bootSource } = bootFiles(directory.path)
  const child = spawn(fake.binary, ['--api-sock', socketPath, '--enable-pci'], { stdio: 'ignore' })
  await waitForSocket(socketPath, AbortSignal.timeout(10_000))
  using client = new FirecrackerClient(socketPath)
  const bucket = { size: 10, refillTime: 1 }
  await client.putBootSource({ kernelImagePath: bootSource.kernel_image_path })
  await client.putCpuConfig({ msrModifiers: [{ addr: '0x1b', bitmap: '0b1x' }] })
  await client.putNetworkInterface({ ifaceId: 'eth0', hostDevName: 'tap0', mtu: 1400 })
  await client.putMmdsConfig({ networkInterfaces: ['eth0'], version: 'V2' })
  await client.putMetadata({ a: 1 })
  await client.patchMetadata({ b: [null] })
  await client.putBalloon({
    amountMib: 10,
    deflateOnOom: true,
    statsPollingIntervalS: 1,
    freePageHinting: true,
  })
  await client.putPmem({ id: 'data', pathOnHost: '/dev/null' })
  await client.putMemoryHotplug({ totalSizeMib: 256 })
  await client.perform('InstanceStart')
  await client.putDrive({ driveId: 'a', isRootDevice: false, pathOnHost: '/dev/null' })
  await client.patchDrive({ driveId: 'a', rateLimiter: { ops: bucket } })
  await client.patchPmem({ id: 'data', rateLimiter: { bandwidth: bucket } })
  await client.patchNetworkInterface({ ifaceId: 'eth0', rxRateLimiter: { ops: bucket } })
  await client.patchBalloon({ amountMib: 20 })
  await client.patchBalloonStatistics({ statsPollingIntervalS: 2 })
  await client.startHinting()
  await client.stopHinting()
  await client.patchMemoryHotplug({ requestedSizeMib: 128 })
  assert.deepEqual(await client.metadata(), { a: 1, b: [null] })
  assert.equal((await client.balloon()).statsPollingIntervalS, 2)
  assert.equal((await client.balloonStatistics()).targetMib, 20)
  assert.deepEqual(await client.hintingStatus(), { hostCmd: 1, guestCmd: 2 })
  assert.equal((await client.memoryHotplugStatus()).pluggedSizeMib, 128)
  const { drives, pmem, networkInterfaces } = await client.vmConfig()
  assert.deepEqual(drives[0]?.rateLimiter, { ops: bucket })
  assert.deepEqual(pmem?.[0]?.rateLimiter, { bandwidth: bucket })
  assert.deepEqual(networkInterfaces?.[0]?.rxRateLimiter, { ops: bucket })
  await client.deleteDrive('a')
  await client.deletePmem('data')
  await client.deleteNetworkInterface('eth0')
  assert.deepEqual((await client.vmConfig()).drives, [])
  child.kill()
})

test('fields that a later version added to its answers are dropped', async () => {
  using directory = temporaryDirectory()
  const body = JSON.stringify({
    'boot-source': { kernel_image_path: '/k', later: 1 },
    drives: [{ drive_id: 'a', is_root_device: true, later: { field: 1 } }],
    later: [],
  })
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`
  using stub = await stubServer(directory.path, head + body)
  using client = new FirecrackerClient(stub.socketPath)
  assert.deepEqual(await client.vmConfig(), {
    bootSource: { kernelImagePath: '/k' },
    drives: [{ driveId: 'a', isRootDevice: true }],
  })
})

test('a refusal has status, words, verb and path', async () => {
  using directory = temporaryDirectory()
  const { server, client } = await servedClient(directory.path)
  await using _ = server
  using __ = client
  await assert.rejects(client.patchVmState('Paused'), (error) => {
    assert.ok(error instanceof ApiFaultError)
    const { code, status, method, path, faultMessage } = error
    assert.deepEqual(
      { code, status, method, path, faultMessage },
      {
        code: 'vmm_api_fault',
        status: 400,
        method: 'PATCH',
        path: '/vm',
        faultMessage: 'The requested operation is not supported before starting the microVM.',
      },
    )
    return true
  })
})

test('an error of the HTTP layer, which is no valid JSON, is given as it is', async () => {
  using directory = temporaryDirectory()
  const body = '{ "error": "Invalid request.\nAll previous unanswered requests will be dropped." }'
  using stub = await stubServer(
    directory.path,
    `HTTP/1.1 400 \r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  using client = new FirecrackerClient(stub.socketPath)
  await assert.rejects(client.version(), { code: 'vmm_api_fault', status: 400, faultMessage: body })
})

test('what a server makes of a body that it did not read is no answer to the next call', async () => {
  using directory = temporaryDirectory()
  const socketPath = join(directory.path, 'api.sock')
  const refusal = 'HTTP/1.1 400 \r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nbad'
  const server = createServer((socket) => {
    let isReadable = true
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes) => {
      isReadable &&= bytes.toString().startsWith('GET /version ')
      const version = '{"firecracker_version":"1.16.1"}'
      const answer = `HTTP/1.1 200 \r\nContent-Length: ${version.length}\r\n\r\n${version}`
      socket.write(isReadable ? answer : refusal)
    })
  })
  server.listen({ path: socketPath })
  await once(server, 'listening')
  using _ = { [Symbol.dispose]: () => void server.close() }
  using client = new FirecrackerClient(socketPath)
  const refused = client.putMetadata({ text: 'x'.repeat(200_000) })
  const next = client.version()
  await assert.rejects(refused, { code: 'vmm_api_fault', faultMessage: 'bad' })
  assert.equal(await next, '1.16.1')
  assert.equal(await client.version(), '1.16.1')
})

test('a server that is full is a refusal with status 503', async () => {
  using directory = temporaryDirectory()
  using stub = await stubServer(
    directory.path,
    'HTTP/1.1 503\r\nServer: Firecracker API\r\nConnection: close\r\nContent-Length: 40\r\n\r\n{ "error": "Too many open connections" }',
  )
  using client = new FirecrackerClient(stub.socketPath)
  await assert.rejects(client.version(), { code: 'vmm_api_fault', status: 503 })
})

test('a socket that is missing is unreachable', async () => {
  using client = new FirecrackerClient('/nowhere/api.sock')
  await assert.rejects(client.version(), (error) => {
    assert.ok(error instanceof ApiUnreachableError)
    assert.equal(error.socketPath, '/nowhere/api.sock')
    assert.equal((error.cause as NodeJS.ErrnoException).code, 'ENOENT')
    return true
  })
})

test('a VMM that ends during a call is unreachable', async () => {
  using directory = temporaryDirectory()
  const { server, client } = await servedClient(directory.path)
  using _ = client
  await client.version()
  await server[Symbol.asyncDispose]()
  await assert.rejects(client.version(), ApiUnreachableError)
})

test('a client that is disposed neither sends what waits nor connects again', async () => {
  using directory = temporaryDirectory()
  using stub = await stubServer(directory.path, undefined)
  const path = join(directory.path, 'reused.sock')
  linkSync(stub.socketPath, path)
  const client = new FirecrackerClient(path)
  const calls = [client.version(), client.version(), client.version()]
  await stub.accepted
  unlinkSync(path)
  const next = createServer()
  let connections = 0
  next.on('connection', (socket) => {
    connections += 1
    socket.destroy()
  })
  next.listen({ path })
  await once(next, 'listening')
  client[Symbol.dispose]()
  const ended = await Promise.allSettled([...calls, client.version()])
  const reasons = ended.map((result) => result.status === 'rejected' && String(result.reason))
  for (const reason of reasons) assert.match(String(reason), /the client is closed/)
  // Connections come in their order: none was before this one.
  const last = connect(path)
  await once(next, 'connection')
  assert.equal(connections, 1)
  last.destroy()
  next.close()
})

test('silence ends with the deadline', async () => {
  using directory = temporaryDirectory()
  using stub = await stubServer(directory.path, undefined)
  using client = new FirecrackerClient(stub.socketPath)
  await assert.rejects(client.version({ deadlineMs: 50 }), (error) => {
    assert.ok(error instanceof ApiDeadlineError)
    assert.equal(error.deadlineMs, 50)
    return true
  })
})

test('a snapshot, which writes all memory, has five minutes', async (context) => {
  using directory = temporaryDirectory()
  using stub = await stubServer(directory.path, undefined)
  using client = new FirecrackerClient(stub.socketPath)
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const call = client.createSnapshot({ snapshotPath: '/s', memFilePath: '/m' })
  await stub.accepted
  context.mock.timers.tick(5 * 60_000)
  await assert.rejects(call, { code: 'vmm_api_deadline', deadlineMs: 5 * 60_000 })
})

test('an answer that never ends, ends with the deadline', async () => {
  using directory = temporaryDirectory()
  using stub = await stubServer(directory.path, 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{')
  using client = new FirecrackerClient(stub.socketPath)
  await assert.rejects(client.version({ deadlineMs: 50 }), ApiDeadlineError)
})

test('an answer that switches protocols is none', async () => {
  using directory = temporaryDirectory()
  const switching = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'
  using stub = await stubServer(directory.path, switching)
  using client = new FirecrackerClient(stub.socketPath)
  await assert.rejects(client.version(), ApiUnreachableError)
})

test('an abort ends a call with its reason', async () => {
  using directory = temporaryDirectory()
  using stub = await stubServer(directory.path, undefined)
  using client = new FirecrackerClient(stub.socketPath)
  const abort = new AbortController()
  const reason = new Error('enough')
  const call = client.version({ signal: abort.signal })
  await stub.accepted
  abort.abort(reason)
  await assert.rejects(call, reason)
  await assert.rejects(client.version({ signal: abort.signal }), reason)
})

test('an answer over 1 MiB is not read to its end', async () => {
  using directory = temporaryDirectory()
  const body = ' '.repeat(1024 * 1024 + 1)
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`
  using stub = await stubServer(directory.path, head + body)
  using client = new FirecrackerClient(stub.socketPath)
  await assert.rejects(client.version(), (error) => {
    assert.ok(error instanceof ApiResponseError)
    assert.match(error.message, /longer than 1048576 bytes/)
    return true
  })
})

for (const body of ['not JSON', '{}', '{"firecracker_version":1}', '[]']) {
  test(`an answer that is ${body} is refused`, async () => {
    using directory = temporaryDirectory()
    const head = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`
    using stub = await stubServer(directory.path, head + body)
    using client = new FirecrackerClient(stub.socketPath)
    await assert.rejects(client.version(), ApiResponseError)
  })
}

test('a client can go on by another path of the same socket', async () => {
  using directory = temporaryDirectory()
  const { server, client } = await servedClient(directory.path)
  await using _ = server
  using __ = client
  const other = join(directory.path, 'other.sock')
  linkSync(server.socketPath, other)
  unlinkSync(server.socketPath)
  client.connectBy(other)
  assert.equal(await client.version(), '1.16.1')
  assert.throws(() => client.connectBy(`/${'a'.repeat(107)}`), SocketPathError)
})

test('a socket path that does not fit is refused at once', () => {
  assert.throws(() => new FirecrackerClient(`/${'a'.repeat(107)}`), SocketPathError)
})
