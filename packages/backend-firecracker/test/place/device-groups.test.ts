import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BackendError } from '@vulcan/backend'
import { deviceGroups, groupsFor, KVM, TUN } from '../../src/place/device-groups.ts'

test('somebody who is not root uses a device as everybody may, or by its group', () => {
  assert.deepEqual(deviceGroups(KVM, { mode: 0o20666, gid: 0 }), [])
  assert.deepEqual(deviceGroups(KVM, { mode: 0o20660, gid: 104 }), [104])
})

test('a device that is only for root is refused, with what would mend it', () => {
  for (const stats of [
    { mode: 0o20600, gid: 104 },
    { mode: 0o20660, gid: 0 },
    { mode: 0o20640, gid: 104 },
  ]) {
    for (const [device, code, remedy] of [
      [KVM, 'boot_failed', /\/dev\/kvm, .*chgrp kvm .* VULCAN_FC_JAILER=true/],
      [TUN, 'network_failed', /\/dev\/net\/tun, .*chmod 666 .* VULCAN_FC_JAILER=true/],
    ] as const) {
      assert.throws(
        () => deviceGroups(device, stats),
        (error: unknown) =>
          error instanceof BackendError && error.code === code && remedy.test(error.message),
      )
    }
  }
})

test('a device that is missing is refused as what a VM without it is, with where it comes from', async () => {
  await assert.rejects(groupsFor([{ ...TUN, path: '/nowhere/tun' }]), {
    code: 'network_failed',
    message: /\/nowhere\/tun is not there .*modprobe tun/,
  })
  await assert.rejects(groupsFor([{ ...KVM, path: '/nowhere/kvm' }]), {
    code: 'boot_failed',
    message: /\/nowhere\/kvm is not there .*modprobe kvm/,
  })
})
