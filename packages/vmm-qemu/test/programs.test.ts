import assert from 'node:assert/strict'
import { rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { ProgramMissingError } from '../src/errors.ts'
import { findPrograms } from '../src/programs.ts'
import { fakeHost } from './support/fake-host.ts'

test("Vulcan's programs are in VULCAN_LIBEXEC, QEMU in PATH, links resolved", async (t) => {
  const { env, dir } = await fakeHost(t)
  await symlink(join(dir, 'bin'), join(dir, 'link'))
  const found = await findPrograms({ ...env, PATH: `:/missing:${join(dir, 'link')}` })
  assert.deepEqual(found, {
    launch: join(dir, 'bin/vulcan-launch'),
    vhostDeviceVsock: join(dir, 'bin/vhost-device-vsock'),
    qemu: join(dir, 'bin/qemu-system-x86_64'),
  })
})

for (const name of ['vulcan-launch', 'vhost-device-vsock', 'qemu-system-x86_64']) {
  test(`without ${name} the error says how to get it`, async (t) => {
    const { env, dir } = await fakeHost(t)
    await rm(join(dir, 'bin', name))
    await assert.rejects(findPrograms(env), (error: Error) => {
      assert.ok(error instanceof ProgramMissingError)
      assert.match(error.message, new RegExp(`${name} is missing: (set Vulcan up|install)`))
      return true
    })
  })
}

test('a QEMU in the working directory is not taken', async (t) => {
  const { env, dir } = await fakeHost(t)
  const before = process.cwd()
  t.after(() => process.chdir(before))
  process.chdir(join(dir, 'bin'))
  await assert.rejects(findPrograms({ ...env, PATH: ':.' }), { code: 'program_missing' })
})
