import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  readModuleDependencies,
  resolveLoadOrder,
  stripModuleSignature,
} from '../src/kernel-modules.ts'

const dependencies: Record<string, string[]> = {
  virtio_net: ['net_failover', 'dimlib'],
  net_failover: ['failover'],
  failover: [],
  dimlib: [],
  virtio_rng: [],
}

test('each module comes after what it needs, and once', async () => {
  const order = await resolveLoadOrder(
    ['virtio_net', 'virtio-rng', 'failover'],
    async (name) => dependencies[name] ?? assert.fail(name),
  )
  assert.deepEqual(order, ['failover', 'net_failover', 'dimlib', 'virtio_net', 'virtio_rng'])
})

test('modules that need each other do not loop for ever', async () => {
  const order = await resolveLoadOrder(['a'], async (name) => [name === 'a' ? 'b' : 'a'])
  assert.deepEqual(order, ['b', 'a'])
})

test('what a module needs is read from the module', () => {
  const module = Buffer.from('\x7fELF\0license=GPL\0depends=net-failover,vsock\0name=x\0', 'latin1')
  assert.deepEqual(readModuleDependencies('x', module), ['net_failover', 'vsock'])
})

test('a module that needs nothing says so', () => {
  assert.deepEqual(readModuleDependencies('x', Buffer.from('\0depends=\0name=x\0')), [])
})

test('a file that says nothing of what it needs is no module', () => {
  assert.throws(() => readModuleDependencies('x', Buffer.from('hello')), { code: 'kernel_format' })
})

test('the signature of a module is cut off, and nothing else', () => {
  const module = Buffer.from('a module')
  assert.deepEqual(stripModuleSignature('x', signed(module, 263)), module)
  assert.deepEqual(stripModuleSignature('x', module), module)
})

test('a signature longer than the module is refused', () => {
  const module = signed(Buffer.from('a module'), 263).subarray(100)
  assert.throws(() => stripModuleSignature('x', module), { code: 'kernel_format' })
})

function signed(module: Buffer, signatureBytes: number): Buffer {
  const info = Buffer.alloc(12)
  info.writeUInt32BE(signatureBytes, 8)
  const mark = Buffer.from('~Module signature appended~\n')
  return Buffer.concat([module, Buffer.alloc(signatureBytes, 1), info, mark])
}
