import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Drive, MachineConfiguration } from '@vulcan/firecracker/api'
import { qemuArguments } from '../src/qemu-arguments.ts'

const ROOT: Drive = { driveId: 'root', isRootDevice: true, pathOnHost: '/r', isReadOnly: true }
const SCRATCH: Drive = { driveId: 'scratch', isRootDevice: false, pathOnHost: '/s' }
const CONFIGURATION: MachineConfiguration = {
  bootSource: { kernelImagePath: '/k', initrdPath: '/i', bootArgs: 'quiet' },
  machineConfig: {
    vcpuCount: 2,
    memSizeMib: 256,
    smt: false,
    trackDirtyPages: false,
    hugePages: 'None',
  },
  drives: [ROOT, SCRATCH],
  networkInterfaces: [],
  vsock: { guestCid: 3, udsPath: '/v.sock' },
}

function argumentsOf(change: Partial<MachineConfiguration> = {}): string[] {
  return qemuArguments({ ...CONFIGURATION, ...change }, 'tcg', 2_100_000)
}

/** The values of an option that is given as JSON. */
function objects(args: readonly string[], option: string): Record<string, unknown>[] {
  return args
    .filter((value, index) => args[index - 1] === option && value.startsWith('{'))
    .map((value) => JSON.parse(value))
}

test("QEMU's sandbox is on, and nothing is there that was not asked for", () => {
  const args = argumentsOf().join(' ')
  assert.match(
    args,
    /-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny/,
  )
  for (const option of ['-nodefaults', '-no-user-config', '-display none', '-no-reboot']) {
    assert.ok(args.includes(option), option)
  }
})

test('memory can be shared with the vsock device, and has the size asked for', () => {
  const [memory] = objects(argumentsOf(), '-object')
  assert.deepEqual(memory, {
    'qom-type': 'memory-backend-memfd',
    id: 'memory',
    share: true,
    size: 256 * 1024 * 1024,
  })
})

test('devices are put on the buses from the highest down, the root drive first', () => {
  const devices = objects(argumentsOf({ entropy: {} }), '-device')
  assert.deepEqual(
    devices.map(({ driver, bus }) => [driver, bus]),
    [
      ['virtio-blk-device', 'virtio-mmio-bus.7'],
      ['virtio-blk-device', 'virtio-mmio-bus.6'],
      ['vhost-user-vsock-device', 'virtio-mmio-bus.5'],
      ['virtio-rng-device', 'virtio-mmio-bus.4'],
    ],
  )
})

test('a network interface comes after the drives, with its TAP open already', () => {
  const networkInterfaces = [
    { ifaceId: 'eth0', hostDevName: 'tap0', guestMac: '06:00:AC:10:00:02', mtu: 1400 },
    { ifaceId: 'eth1', hostDevName: 'tap1' },
  ]
  const args = argumentsOf({ networkInterfaces })
  assert.deepEqual(objects(args, '-netdev'), [
    { type: 'tap', id: 'network0', fd: '4' },
    { type: 'tap', id: 'network1', fd: '5' },
  ])
  const [, , first, second, vsock] = objects(args, '-device')
  assert.deepEqual(first, {
    driver: 'virtio-net-device',
    netdev: 'network0',
    bus: 'virtio-mmio-bus.5',
    mac: '06:00:AC:10:00:02',
    host_mtu: 1400,
  })
  assert.partialDeepStrictEqual(second, { netdev: 'network1', bus: 'virtio-mmio-bus.4' })
  assert.match(String(second?.['mac']), /^02(:[0-9a-f]{2}){5}$/)
  assert.equal(vsock?.['bus'], 'virtio-mmio-bus.3')
})

test('interfaces without a MAC get different ones', () => {
  const macs = Array.from({ length: 2 }, () => {
    const args = argumentsOf({ networkInterfaces: [{ ifaceId: 'a', hostDevName: 'tap0' }] })
    return objects(args, '-device')[2]?.['mac']
  })
  assert.notEqual(macs[0], macs[1])
})

test('more devices than the machine has buses are refused', () => {
  const drives = Array.from({ length: 8 }, (_, index) => ({ ...SCRATCH, driveId: `d${index}` }))
  assert.throws(() => argumentsOf({ drives }), { code: 'vmm_fault', message: /9 devices/ })
})

test('a drive that is read-only is so, and many machines may share it', () => {
  const [root, scratch] = objects(argumentsOf(), '-blockdev')
  assert.partialDeepStrictEqual(root, {
    'node-name': 'drive0',
    'read-only': true,
    file: { filename: '/drive0', locking: 'off' },
  })
  assert.partialDeepStrictEqual(scratch, { 'read-only': false, file: { filename: '/drive1' } })
  assert.ok(!JSON.stringify(scratch).includes('locking'))
})

test("the guest's flushes reach the disk only with a write-back cache", () => {
  const drives: Drive[] = [SCRATCH, { ...SCRATCH, driveId: 'w', cacheType: 'Writeback' }]
  const [unsafe, writeback] = objects(argumentsOf({ drives }), '-blockdev')
  assert.partialDeepStrictEqual(unsafe, { cache: { 'no-flush': true } })
  assert.partialDeepStrictEqual(writeback, { cache: { 'no-flush': false } })
})

test('the I/O engine is the one asked for', () => {
  const drives: Drive[] = [SCRATCH, { ...SCRATCH, driveId: 'a', ioEngine: 'Async' }]
  const [sync, async] = objects(argumentsOf({ drives }), '-blockdev')
  assert.partialDeepStrictEqual(sync, { file: { aio: 'threads' } })
  assert.partialDeepStrictEqual(async, { file: { aio: 'io_uring' } })
})

test("errors of a drive are the guest's, and do not stop the machine", () => {
  const [device] = objects(argumentsOf(), '-device')
  assert.partialDeepStrictEqual(device, { werror: 'report', rerror: 'report' })
})

test('a rate limiter becomes an average', () => {
  const rateLimiter = {
    bandwidth: { size: 1_000_000, refillTime: 500 },
    ops: { size: 10, refillTime: 100 },
  }
  const args = argumentsOf({ drives: [{ ...SCRATCH, rateLimiter }] })
  assert.deepEqual(objects(args, '-object')[1], {
    'qom-type': 'throttle-group',
    id: 'limits0',
    limits: { 'bps-total': 2_000_000, 'iops-total': 100 },
  })
  assert.partialDeepStrictEqual(objects(args, '-blockdev')[0], {
    driver: 'throttle',
    'throttle-group': 'limits0',
    file: { driver: 'raw' },
  })
})

test('a bucket of size 0 limits nothing', () => {
  const rateLimiter = { ops: { size: 0, refillTime: 100 } }
  const args = argumentsOf({ drives: [{ ...SCRATCH, rateLimiter }] })
  assert.partialDeepStrictEqual(objects(args, '-blockdev')[0], { driver: 'raw' })
})

test('entropy is limited as asked for', () => {
  const rateLimiter = { bandwidth: { size: 1024, refillTime: 100 } }
  const device = objects(argumentsOf({ entropy: { rateLimiter } }), '-device').at(-1)
  assert.partialDeepStrictEqual(device, { 'max-bytes': 1024, period: 100 })
})

test('with KVM the processor is the host’s, and its clock needs no arguments', () => {
  const args = qemuArguments(CONFIGURATION, 'kvm', undefined).join(' ')
  assert.match(args, /-accel kvm -cpu host/)
  assert.doesNotMatch(args, /tsc/)
})
