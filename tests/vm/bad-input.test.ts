import assert from 'node:assert/strict'
import { copyFile, mkdir, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { machineKind } from '../support/machine-kind.ts'
import { tarEntry } from '../support/tar-entry.ts'
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
  const make =
    /^vulcan: unsupported_isolation: .*: make it with "vulcan images build"; run "vulcan doctor"$/
  await assertExplained(vulcan, HELLO, { VULCAN_FC_KERNEL_PATH: '/nowhere' }, make)
  await assertExplained(vulcan, HELLO, { VULCAN_FC_INITRD_PATH: '/nowhere' }, make)
  await assertExplained(vulcan, HELLO, { VULCAN_FC_ROOTFS_DIR: empty }, make)
})

test('a kernel that is none is told with what the VMM said of it', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const env = { VULCAN_FC_KERNEL_PATH: '/bin/ls' }
  // Where KVM works, the trial of the VMM with this kernel fails before the VM does.
  await assertExplained(
    vulcan,
    HELLO,
    env,
    /^vulcan: (boot_failed|unsupported_isolation): .*[kK]ernel/,
  )
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

for (const [when, isTried] of [
  ['', true],
  [', also where no VMM has been tried before', false],
] as const) {
  test(`a foreign image does not boot, and the end of the guest's console says why${when}`, async (t) => {
    const vulcan = await VulcanUnderTest.create(t)
    if (!isTried) await rm(join(vulcan.runDir, 'preflight.json'), { force: true })
    await writeFile(join(vulcan.runDir, 'python.ext4'), 'x'.repeat(1 << 20))
    const stderr = await assertExplained(
      vulcan,
      HELLO,
      { VULCAN_FC_ROOTFS_DIR: vulcan.runDir },
      /^vulcan: boot_failed: the VMM ended in phase "booting"/,
    )
    assert.match(stderr, /vulcan-guest: mounting the image \/dev\/vda/)
  })
}

const skip = machineKind().kvm && 'Firecracker does not need it'

test('a program that Vulcan needs and that is not there is named', { skip }, async (t) => {
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

/** Some zeros, of which gzip makes a thousandth, so often that together they are ten gigabytes. */
function bomb(): Buffer {
  const zeros = gzipSync(Buffer.alloc(32 * 1024 ** 2))
  const header = gzipSync(tarEntry({ path: 'zeros', claimedBytes: 100 * 1024 ** 3 }))
  return Buffer.concat([header, ...Array.from({ length: 300 }, () => zeros)])
}

const MAIN = tarEntry({ path: 'main.py', content: 'print("ran")' })

for (const [what, archive, line] of [
  ['is none', Buffer.from('no gzip'.repeat(100)), /archive: invalid gzip header/],
  ['has no such entrypoint', gzipSync(tarEntry({ path: 'x' })), /the archive has no "main\.py"/],
  [
    'leaves its directory',
    gzipSync(Buffer.concat([MAIN, tarEntry({ path: '../x' })])),
    /archive entry "\.\.\/x": /,
  ],
  [
    'has a link to the outside',
    gzipSync(Buffer.concat([MAIN, tarEntry({ path: 'x', type: '2', link: '/etc/passwd' })])),
    /archive entry "x": the link to "\/etc\/passwd" leads outside/,
  ],
  [
    'has a device',
    gzipSync(Buffer.concat([MAIN, tarEntry({ path: 'x', type: '3' })])),
    /archive entry "x": only files, directories and links are unpacked/,
  ],
  ['would fill every disk', bomb(), /archive entry "zeros": No space left on device/],
] as const) {
  test(`an archive that ${what} is refused in the guest, with the entry and the reason`, async (t) => {
    const vulcan = await VulcanUnderTest.create(t)
    const path = join(vulcan.runDir, 'archive.tar.gz')
    await writeFile(path, archive)
    const args = ['run', '--entrypoint', 'main.py', path]
    const stderr = await assertExplained(
      vulcan,
      args,
      { VULCAN_FC_SCRATCH_MIB: '64' },
      new RegExp(`^vulcan: invalid_request: ${line.source}`),
    )
    assert.equal(stderr.split('\n').length, 2, stderr)
  })
}

test('a disk that the program fills is an error of the program', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const code = 'with open("zeros", "wb") as file:\n  while True: file.write(bytes(1 << 20))'
  const { exitCode, stderr } = await vulcan.run(['run', '-c', code], {
    env: { VULCAN_FC_SCRATCH_MIB: '64' },
  })
  assert.match(stderr, /\nOSError: \[Errno 28\] No space left on device\n$/)
  assert.equal(exitCode, 1)
  await vulcan.assertNothingLeft()
})

test('less disk than a scratch drive may need is told before a VM is made', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const env = { VULCAN_FC_SCRATCH_MIB: '1048576' }
  const line = /^vulcan: no_space: .*; free some, or set VULCAN_FC_SCRATCH_MIB$/
  const stderr = await assertExplained(vulcan, HELLO, env, line)
  assert.equal(stderr.split('\n').length, 2, stderr)
})

test('an initrd that is none keeps a guest from booting, and the kernel says so on its console', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const initrd = join(vulcan.runDir, 'initrd')
  await writeFile(initrd, 'x'.repeat(1 << 20))
  const { kvm } = machineKind()
  // Where KVM works, the trial of the VMM with this initrd fails before the VM does.
  const line = kvm
    ? /^vulcan: unsupported_isolation: .* boots no guest with KVM /
    : /^vulcan: boot_failed: .*: see "vulcan doctor"$/
  const stderr = await assertExplained(vulcan, HELLO, { VULCAN_FC_INITRD_PATH: initrd }, line)
  if (!kvm) assert.match(stderr, /\n {2}\| .*Kernel panic/)
})
