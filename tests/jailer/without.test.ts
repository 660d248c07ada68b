import assert from 'node:assert/strict'
import { lstat, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { finish, VulcanUnderTest } from '../support/vulcan.ts'
import { assertLockedIn, startVm } from './support/running-vm.ts'

test('without its jailer, too, Firecracker is nobody and sees only the files of its VM', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const vm = await startVm(vulcan, {})
  await assertLockedIn(vm)
  assert.notEqual(await readlink(`/proc/${vm.pid}/ns/net`), await readlink('/proc/self/ns/net'))
  for (const path of ['etc', 'proc', 'sys', 'usr', 'bin']) {
    await assert.rejects(lstat(join(vm.root, path)), { code: 'ENOENT' })
  }
  assert.deepEqual(await readdir(join(vm.root, 'dev')), ['kvm'])
  vm.child.kill('SIGINT')
  assert.equal((await finish(vm.child)).exitCode, 130)
  await vulcan.assertNothingLeft()
})
