import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { handMade } from '../src/by-hand/guest-files.ts'
import { makeOwnPlace } from '../src/served/own-place.ts'

const guest = {
  vmm: { name: 'firecracker', version: '1.16.1' },
  isolation: 'hardware',
  commandLine: '',
} as const

/** A VULCAN_HOME whose files say what they are, and another kernel beside it. */
async function machine(t: TestContext): Promise<{ homeDir: string; otherKernel: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'vulcan-test-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const homeDir = join(directory, 'home')
  await mkdir(join(homeDir, 'rootfs'), { recursive: true })
  for (const name of ['vmlinux', 'initrd', 'rootfs/node.ext4']) {
    await writeFile(join(homeDir, name), name)
  }
  const otherKernel = join(directory, 'vmlinux-of-another')
  await writeFile(otherKernel, 'another')
  return { homeDir, otherKernel }
}

test('a variable that would reach measured servers only is refused by its name', async (t) => {
  const { homeDir } = await machine(t)
  for (const name of ['VULCAN_DB_PATH', 'VULCAN_FC_DEFAULT_MEM_MB', 'VULCAN_POOL_MAX']) {
    const env = { [name]: '1', PATH: '/bin' }
    await assert.rejects(makeOwnPlace(homeDir, { env }), new RegExp(`measures without ${name}:`))
  }
})

test('a server has places of its own, the VMM that was asked for, and what is not of Vulcan', async (t) => {
  const { homeDir } = await machine(t)
  const env = {
    PATH: '/bin',
    VULCAN_VMM: 'qemu',
    VULCAN_HOME: homeDir,
    VULCAN_RUN: '/run/vulcan',
    VULCAN_API_URL: 'http://somewhere',
  }
  await using place = await makeOwnPlace(homeDir, { env })
  assert.deepEqual(place.env, {
    PATH: '/bin',
    VULCAN_VMM: 'qemu',
    VULCAN_HOME: place.homeDir,
    VULCAN_RUN: place.runDir,
  })
  assert.notEqual(place.homeDir, homeDir)
})

test('a kernel of the environment is the one of the server and of a VM started by hand', async (t) => {
  const { homeDir, otherKernel } = await machine(t)
  await using first = await makeOwnPlace(homeDir, { env: { VULCAN_FC_KERNEL_PATH: otherKernel } })
  await using place = await makeOwnPlace(first.homeDir, { env: {}, before: first })
  assert.equal(place.env['VULCAN_FC_KERNEL_PATH'], undefined)
  const files = { homeDir: first.homeDir, libexecDir: '', guest }
  const { kernel, initrd, rootfs } = handMade(files, 'node', '')
  assert.equal(await readFile(kernel, 'utf8'), 'another')
  assert.equal(await readFile(join(place.homeDir, 'vmlinux'), 'utf8'), 'another')
  assert.equal(await readFile(initrd, 'utf8'), 'initrd')
  assert.equal(await readFile(rootfs, 'utf8'), 'rootfs/node.ext4')
})
