import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chownSync, lchownSync } from 'node:fs'
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { before, test } from 'node:test'
import { promisify } from 'node:util'
import { PHASES } from '@vulcan/schema'
import { finish, VulcanUnderTest, written } from '../support/vulcan.ts'
import { assertLockedIn, startVm, vmmOf } from './support/running-vm.ts'

const JAILED = { VULCAN_FC_JAILER: 'true' }
const command = resolve(import.meta.dirname, '../../bin/vulcan')
/** In a run without a network, and before the command's own end. */
const STEPS = PHASES.filter((phase) => phase !== 'network' && phase !== 'ended')

// What its trial boot shows is kept in this machine's own run directory, for the tests to take over.
before(async () => {
  const env = { ...process.env, ...JAILED }
  await promisify(execFile)(command, ['run', '-c', 'print(1)'], { env })
})

test('a program runs in a jailed VM and gives back its output and exit code', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const args = ['run', '-c', 'import sys; print("from the jail"); sys.exit(7)']
  const { exitCode, stdout, stderr } = await vulcan.run(args, { env: JAILED })
  assert.equal(stderr, '')
  assert.equal(stdout.toString(), 'from the jail\n')
  assert.equal(exitCode, 7)
  await vulcan.assertNothingLeft()
})

test('a jailed VMM is nobody, and sees only the files of its VM', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const vm = await startVm(vulcan, JAILED)
  await assertLockedIn(vm)
  assert.notEqual(await readlink(`/proc/${vm.pid}/ns/net`), await readlink('/proc/self/ns/net'))
  assert.deepEqual((await readdir(vm.root)).sort(), [
    ...['api.sock', 'dev', 'firecracker', 'firecracker.pid', 'initrd', 'rootfs.ext4', 'run'],
    // The agent's listener was removed with its one connection.
    ...['scratch.ext4', 'v.sock', 'vmlinux'],
  ])
  for (const image of ['vmlinux', 'initrd', 'rootfs.ext4']) {
    const { uid, mode } = await lstat(join(vm.root, image))
    assert.deepEqual({ uid, mode: mode & 0o777 }, { uid: 0, mode: 0o444 })
  }
  assert.equal((await lstat(join(vm.root, 'scratch.ext4'))).uid, vm.uid)
  vm.child.kill('SIGINT')
  assert.equal((await finish(vm.child)).exitCode, 130)
  await vulcan.assertNothingLeft()
})

test('links that a VMM has planted in its jail lead nowhere when the VM ends', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const victims = await mkdtemp(join(tmpdir(), 'vj-'))
  t.after(() => rm(victims, { recursive: true }))
  let visits = 0
  const victim = createServer((socket) => {
    visits += 1
    socket.destroy()
  })
  victim.listen({ path: join(victims, 'agent.sock') })
  t.after(() => victim.close())
  await writeFile(join(victims, 'precious'), '')
  const vm = await startVm(vulcan, JAILED)
  for (const name of ['v.sock', 'api.sock']) {
    await rename(join(vm.root, name), join(vm.root, `.${name}`))
    await symlink(join(victims, 'agent.sock'), join(vm.root, name))
    lchownSync(join(vm.root, name), vm.uid, vm.uid)
  }
  await rm(join(vm.root, 'run'), { recursive: true })
  await symlink(victims, join(vm.root, 'run'))
  await mkdir(join(vm.root, 'a/b'), { recursive: true })
  chownSync(join(vm.root, 'a'), vm.uid, vm.uid)
  await symlink(join(victims, 'precious'), join(vm.root, 'a/b/metrics'))
  vm.child.kill('SIGINT')
  assert.equal((await finish(vm.child)).exitCode, 130)
  await vulcan.assertNothingLeft()
  assert.equal(visits, 0)
  assert.deepEqual((await readdir(victims)).sort(), ['agent.sock', 'precious'])
})

for (const step of STEPS) {
  test(`after kill -9 in the step "${step}" a later process leaves no jail`, async (t) => {
    const vulcan = await VulcanUnderTest.create(t)
    const child = vulcan.start(['run', '-v', '-c', 'import time; time.sleep(600)'], JAILED)
    await written(child, 'stderr', `vulcan: ${step} at`)
    child.kill('SIGKILL')
    await finish(child)
    const [left] = await vulcan.vms()
    assert.ok(left)
    const { exitCode, stdout, stderr } = await vulcan.run(['prune'])
    assert.equal(stderr, '')
    assert.equal(stdout.toString(), `released VM ${left.split('.')[0]}\n`)
    assert.equal(exitCode, 0)
    await vulcan.assertNothingLeft()
  })
}

for (const step of STEPS) {
  test(`Ctrl-C in the step "${step}" leaves no jail`, async (t) => {
    const vulcan = await VulcanUnderTest.create(t)
    const child = vulcan.start(['run', '-v', '-c', 'import time; time.sleep(600)'], JAILED)
    await written(child, 'stderr', `vulcan: ${step} at`)
    child.kill('SIGINT')
    assert.equal((await finish(child)).exitCode, 130)
    await vulcan.assertNothingLeft()
  })
}

test('jailed VMs at once have a user and a jail each, and the end of one harms no other', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const code = 'import time\nwhile True: print("tick", flush=True); time.sleep(1)'
  const children = Array.from({ length: 3 }, () => vulcan.start(['run', '-c', code], JAILED))
  await Promise.all(children.map((child) => written(child, 'stdout', 'tick')))
  const vmms = await Promise.all((await vulcan.vms()).map((name) => vmmOf(vulcan, name)))
  assert.equal(new Set(vmms.map(({ uid }) => uid)).size, children.length)
  const roots = await Promise.all(vmms.map(({ root }) => stat(root)))
  assert.equal(new Set(roots.map(({ ino }) => ino)).size, children.length)
  const [killed, interrupted, survivor] = children
  killed?.kill('SIGKILL')
  interrupted?.kill('SIGINT')
  await Promise.all([killed, interrupted].map((child) => child && finish(child)))
  assert.ok(survivor)
  await written(survivor, 'stdout', 'tick')
  survivor.kill('SIGINT')
  assert.equal((await finish(survivor)).exitCode, 130)
  assert.equal((await vulcan.run(['prune'])).exitCode, 0)
  await vulcan.assertNothingLeft()
})
