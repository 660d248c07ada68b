import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import {
  type Layout,
  launchPath,
  lockPath,
  scratchDir,
  VmDirectory,
} from '../../src/lifecycle/layout.ts'
import { leaseUid } from '../../src/lifecycle/lease-uid.ts'
import { Manifest, ReleaseError, releaseVm } from '../../src/lifecycle/manifest.ts'
import { becomeOwner, holdLock } from '../../src/lifecycle/owner.ts'
import { readBootId, recover } from '../../src/lifecycle/recover.ts'
import { uidLeasePath } from '../../src/lifecycle/resources.ts'

const VM_ID = '01K3Z5V7Q8R9S0T1V2W3X4Y5Z6'

async function newLayout(t: TestContext): Promise<Layout> {
  const root = await mkdtemp(join(tmpdir(), 'vulcan-test-'))
  t.after(() => rm(root, { recursive: true }))
  const libexecDir = process.env['VULCAN_LIBEXEC']
  assert.ok(libexecDir, 'VULCAN_LIBEXEC must name the directory of vulcan-launch')
  return { homeDir: join(root, 'home'), runDir: join(root, 'run'), libexecDir }
}

/** A VM with everything that a VM can hold, its process included. */
async function makeVm(layout: Layout, ownerId: string) {
  const directory = new VmDirectory(layout, VM_ID, ownerId)
  const manifest = new Manifest(directory)
  await manifest.open()
  const uid = await leaseUid(layout, directory, manifest)
  const scratch = scratchDir(layout, await readBootId())
  await mkdir(scratch, { recursive: true })
  const scratchPath = join(scratch, `${VM_ID}.ext4`)
  manifest.record({ kind: 'scratch', path: scratchPath })
  await writeFile(scratchPath, '')
  manifest.record({ kind: 'vmm' })
  const vmm = spawn(launchPath(layout), [
    ...['exec', '--record', directory.recordPath, '--', '/bin/sh', '-c', 'echo up; exec sleep 600'],
  ])
  await once(vmm.stdout, 'data')
  return { directory, uid, scratchPath, ended: once(vmm, 'exit') }
}

test('release gives back everything that the manifest names', async (t) => {
  const layout = await newLayout(t)
  await using owner = await becomeOwner(layout)
  const { directory, uid, scratchPath, ended } = await makeVm(layout, owner.ownerId)
  await releaseVm(directory, layout)
  assert.deepEqual(await ended, [null, 'SIGKILL'])
  assert.equal(existsSync(uidLeasePath(layout, uid)), false)
  assert.equal(existsSync(scratchPath), false)
  assert.equal(existsSync(directory.path), false)
})

test('a release that comes twice is content', async (t) => {
  const layout = await newLayout(t)
  await using owner = await becomeOwner(layout)
  const { directory } = await makeVm(layout, owner.ownerId)
  await releaseVm(directory, layout)
  await releaseVm(directory, layout)
})

test('what was named but never made does not disturb a release', async (t) => {
  const layout = await newLayout(t)
  await using owner = await becomeOwner(layout)
  const directory = new VmDirectory(layout, VM_ID, owner.ownerId)
  const manifest = new Manifest(directory)
  await manifest.open()
  manifest.record({ kind: 'uid', uid: 1_900_000_000 })
  manifest.record({ kind: 'scratch', path: join(scratchDir(layout, 'boot'), 'x.ext4') })
  manifest.record({ kind: 'vmm' })
  await writeFile(directory.manifestPath, '{"kind":"scr', { flag: 'a' })
  await releaseVm(directory, layout)
  assert.equal(existsSync(directory.path), false)
})

test('a lease of another VM is not released', async (t) => {
  const layout = await newLayout(t)
  await using owner = await becomeOwner(layout)
  const lease = uidLeasePath(layout, 1_900_000_007)
  await writeFile(lease, 'another VM')
  const directory = new VmDirectory(layout, VM_ID, owner.ownerId)
  const manifest = new Manifest(directory)
  await manifest.open()
  manifest.record({ kind: 'uid', uid: 1_900_000_007 })
  await releaseVm(directory, layout)
  assert.equal(existsSync(lease), true)
})

test('a manifest that names a file elsewhere removes nothing, and stays to be looked at', async (t) => {
  const layout = await newLayout(t)
  await using owner = await becomeOwner(layout)
  const elsewhere = join(layout.runDir, 'precious')
  await writeFile(elsewhere, '')
  const directory = new VmDirectory(layout, VM_ID, owner.ownerId)
  const manifest = new Manifest(directory)
  await manifest.open()
  manifest.record({ kind: 'scratch', path: elsewhere })
  await assert.rejects(releaseVm(directory, layout), ReleaseError)
  assert.equal(existsSync(elsewhere), true)
  assert.equal(existsSync(directory.manifestPath), true)
})

test('the VMs of a dead owner are claimed and released', async (t) => {
  const layout = await newLayout(t)
  await using owner = await becomeOwner(layout)
  const { uid, scratchPath, ended } = await makeVm(layout, 'deadbeef00')
  const recovery = await recover(layout, owner.ownerId)
  assert.deepEqual(recovery, { released: [VM_ID], failures: [] })
  assert.deepEqual(await ended, [null, 'SIGKILL'])
  assert.equal(existsSync(scratchPath), false)
  assert.equal(existsSync(uidLeasePath(layout, uid)), false)
  assert.deepEqual(await readdir(join(layout.runDir, 'vms')), [])
  assert.deepEqual(await readdir(join(layout.runDir, 'owners')), [`${owner.ownerId}.lock`])
})

test('the VMs of a living owner are left alone', async (t) => {
  const layout = await newLayout(t)
  await using living = await becomeOwner(layout)
  await using other = await becomeOwner(layout)
  const { directory, ended } = await makeVm(layout, living.ownerId)
  assert.deepEqual(await recover(layout, other.ownerId), { released: [], failures: [] })
  assert.equal(existsSync(directory.recordPath), true)
  await releaseVm(directory, layout)
  await ended
})

test('of two recoveries at once, one releases each VM', async (t) => {
  const layout = await newLayout(t)
  await using one = await becomeOwner(layout)
  await using two = await becomeOwner(layout)
  const { ended } = await makeVm(layout, 'deadbeef00')
  const recoveries = await Promise.all([recover(layout, one.ownerId), recover(layout, two.ownerId)])
  await ended
  assert.deepEqual(
    recoveries.flatMap(({ failures }) => failures),
    [],
  )
  const left = await recover(layout, one.ownerId)
  const released = [...recoveries, left].flatMap(({ released }) => released)
  assert.deepEqual(released, [VM_ID])
})

test('scratch drives of an older boot are removed, whoever made them', async (t) => {
  const layout = await newLayout(t)
  await using owner = await becomeOwner(layout)
  const older = scratchDir(layout, '00000000-0000-0000-0000-000000000000')
  const current = scratchDir(layout, await readBootId())
  for (const dir of [older, current]) await mkdir(dir, { recursive: true })
  await recover(layout, owner.ownerId)
  assert.equal(existsSync(older), false)
  assert.equal(existsSync(current), true)
})

test('a lock is held while its owner lives and free afterwards', async (t) => {
  const layout = await newLayout(t)
  const owner = await becomeOwner(layout)
  assert.equal(await holdLock(layout, owner.ownerId), undefined)
  await owner[Symbol.asyncDispose]()
  assert.equal(existsSync(lockPath(layout, owner.ownerId)), false)
})

test('a run directory that others can enter is refused', async (t) => {
  const layout = await newLayout(t)
  await mkdir(layout.runDir, { recursive: true, mode: 0o755 })
  await assert.rejects(becomeOwner(layout), { code: 'run_dir_unsafe' })
})

test('a run directory behind a link of another is judged by where it leads', async (t) => {
  const layout = await newLayout(t)
  const open = join(layout.homeDir, 'open')
  await mkdir(open, { recursive: true, mode: 0o777 })
  await symlink(open, layout.runDir)
  await assert.rejects(becomeOwner(layout), { code: 'run_dir_unsafe' })
})
