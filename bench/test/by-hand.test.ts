import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UnavailableError } from '../src/adapters/adapter.ts'
import { ByHand } from '../src/adapters/by-hand.ts'
import { OpenVmRuns } from '../src/adapters/open-vm.ts'
import { askAgent } from '../src/by-hand/agent.ts'
import { startByHand } from '../src/by-hand/vm.ts'
import { takeSample } from '../src/measure/take-sample.ts'
import { hello } from '../src/programs.ts'
import { pretendFiles } from './support/pretend-files.ts'

const { signal } = new AbortController()

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('a VM by hand runs a program and is gone after its sample', async (t) => {
  const { files, told, left } = await pretendFiles(t)
  await using adapter = new ByHand(files)
  const { ms, error, facts } = await takeSample(adapter, hello('python'), signal)
  assert.equal(error, undefined)
  assert.ok(ms !== null && (facts?.['readyMs'] ?? Number.NaN) <= ms)
  assert.deepEqual(await left(), [])
  assert.ok(!isRunning((await told()).pid))
})

test('Firecracker is told the files, and of the command line what it does not add itself', async (t) => {
  const { files, told } = await pretendFiles(t)
  await using adapter = new ByHand(files)
  await takeSample(adapter, hello('node'), signal)
  const config = await told()
  assert.deepEqual(config['boot-source'], {
    kernel_image_path: `${files.homeDir}/vmlinux`,
    initrd_path: `${files.homeDir}/initrd`,
    boot_args: 'console=ttyS0 vulcan.port=1024',
  })
  const [root] = config['drives'] as { path_on_host: string; is_read_only: boolean }[]
  assert.equal(root?.path_on_host, `${files.homeDir}/rootfs/node.ext4`)
  assert.equal(root.is_read_only, true)
  assert.deepEqual(config['machine-config'], { vcpu_count: 1, mem_size_mib: 512 })
})

test('a program that fails is a run that failed, and its VM is gone as well', async (t) => {
  const { files, told, left } = await pretendFiles(t)
  await using adapter = new ByHand(files)
  const { ms, error } = await takeSample(adapter, { ...hello('python'), code: 'fail("1")' }, signal)
  assert.equal(ms, null)
  assert.match(error ?? '', /the program did not end well: .*"exit_code":1/)
  assert.deepEqual(await left(), [])
  assert.ok(!isRunning((await told()).pid))
})

test('an open VM runs one program after the other, and answers echoes', async (t) => {
  const { files, told, left } = await pretendFiles(t)
  const vm = await OpenVmRuns.open(files, 'python', signal)
  const { pid } = await told()
  for (let run = 0; run < 3; run += 1) {
    const { error } = await takeSample(vm, hello('python'), signal)
    assert.equal(error, undefined)
    assert.ok((await vm.echo(signal)) > 0)
  }
  assert.equal((await told()).pid, pid)
  await vm[Symbol.asyncDispose]()
  assert.ok(!isRunning(pid))
  assert.deepEqual(await left(), [])
})

test('a VMM that ends before its guest is ready makes the arm unavailable, and leaves nothing', async (t) => {
  const { files, left } = await pretendFiles(t, { PRETEND_ENDS: '1' })
  await assert.rejects(OpenVmRuns.open(files, 'python', signal), (error) => {
    assert.ok(error instanceof UnavailableError)
    assert.match(error.message, /no VM starts by hand: .*firecracker ended with 7/)
    return true
  })
  assert.deepEqual(await left(), [])
})

test('a guest that powers off is started again, as vulcan-vmm does it', async (t) => {
  const { files, left } = await pretendFiles(t, { PRETEND_POWERS_OFF: '2' })
  await using adapter = new ByHand(files)
  const { error } = await takeSample(adapter, hello('python'), signal)
  assert.equal(error, undefined)
  assert.deepEqual(await left(), [])
})

test('a VMM that is not there makes the arm unavailable', async (t) => {
  const { files } = await pretendFiles(t)
  const nowhere = { ...files, libexecDir: '/nonexistent' }
  await assert.rejects(OpenVmRuns.open(nowhere, 'python', signal), /no VM starts by hand: .*ENOENT/)
})

test('an agent that does not answer in time fails its request', async (t) => {
  const { files } = await pretendFiles(t)
  await using vm = await startByHand(files, 'python', signal)
  const request = { type: 'run', runtime: 'python', code: 'hang("1")' }
  await assert.rejects(askAgent(vm.udsPath, request, { signal, deadlineMs: 50 }), {
    name: 'TimeoutError',
  })
})

test('a run that is stopped leaves nothing', async (t) => {
  const { files, told, left } = await pretendFiles(t)
  const stopped = new AbortController()
  await using adapter = new ByHand(files)
  await using _vm = await OpenVmRuns.open(files, 'python', signal)
  const before = await left()
  const running = adapter.run({ ...hello('python'), code: 'hang("1")' }, stopped.signal)
  setImmediate(() => stopped.abort(new Error('stopped')))
  await assert.rejects(running)
  assert.deepEqual(await left(), before)
  assert.ok((await told()).pid > 0)
})
