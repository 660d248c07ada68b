import assert from 'node:assert/strict'
import { copyFile, mkdir, readdir, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { VulcanUnderTest } from '../support/vulcan.ts'

const HOME = process.env['VULCAN_HOME'] ?? '/var/lib/vulcan'
const LIBEXEC = process.env['VULCAN_LIBEXEC'] ?? assert.fail('VULCAN_LIBEXEC is not set')
const HELLO = ['run', '-c', 'print("hello")']

/** The command must fail with one explaining line first, and leave nothing. */
async function assertExplained(
  vulcan: VulcanUnderTest,
  args: readonly string[],
  env: Record<string, string>,
  line: RegExp,
): Promise<string> {
  const { exitCode, stdout, stderr } = await vulcan.run(args, { env })
  assert.match(stderr.split('\n', 1)[0] ?? '', line)
  assert.equal(stdout.toString(), '')
  assert.equal(exitCode, 125)
  assert.doesNotMatch(stderr, /^ +at /m, 'a stack trace')
  await vulcan.assertNothingLeft()
  return stderr
}

test('what is missing is named, with the command that brings it', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const empty = join(vulcan.runDir, 'empty-rootfs')
  await mkdir(empty)
  const make = /make it with "vulcan images build"$/
  await assertExplained(vulcan, HELLO, { VULCAN_FC_KERNEL_PATH: '/nowhere' }, make)
  await assertExplained(vulcan, HELLO, { VULCAN_FC_INITRD_PATH: '/nowhere' }, make)
  await assertExplained(vulcan, HELLO, { VULCAN_FC_ROOTFS_DIR: empty }, make)
})

test('a kernel that is none is told with what the VMM said of it', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const env = { VULCAN_FC_KERNEL_PATH: '/bin/ls' }
  await assertExplained(vulcan, HELLO, env, /^vulcan: boot_failed: .*kernel/)
})

test('an image that was truncated behind its store is told as damaged', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const store = join(vulcan.runDir, 'store')
  const [name] = (await readdir(join(HOME, 'store'))).filter((name) => name.startsWith('python-'))
  assert.ok(name)
  await mkdir(join(store, name), { recursive: true })
  await copyFile(join(HOME, 'store', name, 'meta.json'), join(store, name, 'meta.json'))
  await writeFile(join(store, name, 'python.ext4'), '')
  await truncate(join(store, name, 'python.ext4'), 4096)
  const rootfs = join(vulcan.runDir, 'rootfs')
  await mkdir(rootfs)
  await symlink(join(store, name, 'python.ext4'), join(rootfs, 'python.ext4'))
  await assertExplained(
    vulcan,
    HELLO,
    { VULCAN_FC_ROOTFS_DIR: rootfs },
    /^vulcan: image_missing: .* is damaged \(it has 4096 bytes instead of \d+\)/,
  )
})

test("a foreign image does not boot, and the end of the guest's console says why", async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  await writeFile(join(vulcan.runDir, 'python.ext4'), 'x'.repeat(1 << 20))
  const stderr = await assertExplained(
    vulcan,
    HELLO,
    { VULCAN_FC_ROOTFS_DIR: vulcan.runDir },
    /^vulcan: boot_failed: the VMM ended in phase "booting"/,
  )
  assert.match(stderr, /vulcan-guest: mounting the image \/dev\/vda/)
})

test('a program that Vulcan needs and that is not there is named', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const libexec = join(vulcan.runDir, 'libexec')
  await mkdir(libexec)
  for (const name of await readdir(LIBEXEC)) {
    if (name !== 'vhost-device-vsock') await symlink(join(LIBEXEC, name), join(libexec, name))
  }
  await assertExplained(vulcan, HELLO, { VULCAN_LIBEXEC: libexec }, /^vulcan: .*vhost-device-vsock/)
})

test('more memory than there is, a data directory that cannot be, a wrong variable', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const much = ['run', '--memory', '1023G', '-c', 'print(1)']
  await assertExplained(vulcan, much, {}, /^vulcan: no_capacity: .*take a smaller --memory$/)
  await assertExplained(vulcan, HELLO, { VULCAN_HOME: '/proc/none' }, /^vulcan: .*\/proc\/none/)
  await assertExplained(
    vulcan,
    HELLO,
    { VULCAN_FC_DEFAULT_MEM_MB: 'much' },
    /^vulcan: VULCAN_FC_DEFAULT_MEM_MB is "much", but takes an integer from 128 to/,
  )
})
