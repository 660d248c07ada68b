import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kvmGroups } from '../src/qemu-jail.ts'

test('the group of /dev/kvm is given to QEMU, where the device needs it', () => {
  assert.deepEqual(kvmGroups({ gid: 104, mode: 0o20660 }), [104])
  assert.deepEqual(kvmGroups({ gid: 0, mode: 0o20666 }), [])
})

test("root's group is never given", () => {
  for (const mode of [0o20600, 0o20660]) {
    assert.throws(() => kvmGroups({ gid: 0, mode }), { code: 'vmm_fault', message: /chgrp kvm/ })
  }
})

test('a group that may only read is of no use', () => {
  assert.throws(() => kvmGroups({ gid: 104, mode: 0o20640 }), { code: 'vmm_fault' })
})
