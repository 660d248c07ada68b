import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { bootSource } from '../../src/schemas/boot-source.ts'
import { drive } from '../../src/schemas/drive.ts'
import { instanceInfo } from '../../src/schemas/instance.ts'
import { networkInterface } from '../../src/schemas/network-interface.ts'
import { vmConfig } from '../../src/schemas/vm-config.ts'
import { vsock } from '../../src/schemas/vsock.ts'

test('snake_case on the wire becomes camelCase inside, and back', () => {
  const wire = { drive_id: 'a', is_root_device: true, path_on_host: '/a', is_read_only: false }
  const value = drive.parse(wire)
  assert.deepEqual(value, {
    driveId: 'a',
    isRootDevice: true,
    pathOnHost: '/a',
    isReadOnly: false,
  })
  assert.deepEqual(z.encode(drive, value), wire)
})

test('nested shapes are converted too', () => {
  const wire = {
    drive_id: 'a',
    is_root_device: false,
    rate_limiter: { bandwidth: { size: 1, one_time_burst: 2, refill_time: 3 } },
  }
  const value = drive.parse(wire)
  assert.deepEqual(value.rateLimiter, { bandwidth: { size: 1, oneTimeBurst: 2, refillTime: 3 } })
  assert.deepEqual(z.encode(drive, value), wire)
})

test('null on the wire is an absent field', () => {
  const value = bootSource.parse({ kernel_image_path: '/k', initrd_path: null, boot_args: null })
  assert.deepEqual(value, { kernelImagePath: '/k' })
})

test('undefined inside is left out on the wire', () => {
  const wire = z.encode(bootSource, { kernelImagePath: '/k', initrdPath: undefined })
  assert.deepEqual(wire, { kernel_image_path: '/k' })
})

for (const [what, body] of [
  ['an unknown field', { kernel_image_path: '/k', kernel: '/k' }],
  ['a name in camelCase', { kernelImagePath: '/k' }],
  ['a prototype key', JSON.parse('{"kernel_image_path":"/k","__proto__":{}}')],
  ['a missing field', {}],
  ['a field of a wrong type', { kernel_image_path: 1 }],
  ['an array', []],
  ['null for a required field', { kernel_image_path: null }],
] as const) {
  test(`a boot source with ${what} is refused`, () => {
    assert.equal(bootSource.safeParse(body).success, false)
  })
}

test('an unknown field in a nested shape is refused', () => {
  const rate_limiter = { bandwidth: { size: 1, refill_time: 1, burst: 1 } }
  const result = drive.safeParse({ drive_id: 'a', is_root_device: false, rate_limiter })
  assert.equal(result.success, false)
})

test('integers keep to the range of their type on the wire', () => {
  assert.equal(vsock.safeParse({ guest_cid: 2 ** 32, uds_path: 'a' }).success, false)
  assert.equal(vsock.safeParse({ guest_cid: 3.5, uds_path: 'a' }).success, false)
  assert.equal(vsock.safeParse({ guest_cid: 2 ** 32 - 1, uds_path: 'a' }).success, true)
})

test('a MAC address has six bytes', () => {
  const device = { iface_id: 'eth0', host_dev_name: 'tap0' }
  const withMac = (guest_mac: string) => networkInterface.safeParse({ ...device, guest_mac })
  assert.equal(withMac('06:00:AC:10:00:02').success, true)
  assert.equal(withMac('06:00:AC:10:00').success, false)
  assert.equal(withMac('06-00-AC-10-00-02').success, false)
})

test('what a later VMM adds to an answer is dropped, and states have their own names', () => {
  const wire = { id: 'a', state: 'Not started', vmm_version: '1', app_name: 'F', more: 1 }
  assert.deepEqual(instanceInfo.parse(wire), {
    id: 'a',
    state: 'not_started',
    vmmVersion: '1',
    appName: 'F',
  })
})

test('vm/config is in kebab-case outside and snake_case inside', () => {
  const wire = {
    'boot-source': { kernel_image_path: '/k' },
    drives: [{ drive_id: 'a', is_root_device: true }],
    'network-interfaces': [{ iface_id: 'eth0', host_dev_name: 'tap0' }],
  }
  const value = vmConfig.parse(wire)
  assert.equal(value.networkInterfaces?.[0]?.hostDevName, 'tap0')
  assert.deepEqual(z.encode(vmConfig, value), wire)
})
