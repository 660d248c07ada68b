import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, lstatSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { listEnded } from '../../src/lifecycle/ended.ts'
import { Holding } from '../../src/lifecycle/holding.ts'
import { Journal } from '../../src/lifecycle/journal.ts'
import {
  endedDir,
  type Layout,
  launchPath,
  lockPath,
  scratchDir,
} from '../../src/lifecycle/layout.ts'
import { lease, leasePath } from '../../src/lifecycle/lease.ts'
import { Manifest, ReleaseError, releaseHolding } from '../../src/lifecycle/manifest.ts'
import { becomeOwner, holdLock } from '../../src/lifecycle/owner.ts'
import { readBootId, recover } from '../../src/lifecycle/recover.ts'

const VM_ID = '01K3Z5V7Q8R9S0T1V2W3X4Y5Z6'

const FACTS = {
  runtime: 'python',
  cid: 3,
  vcpus: 1,
  memMib: 512,
  network: 'none',
  pooled: false,
  vmm: 'firecracker 1.16.1',
} as const

async function newLayout(t: TestContext): Promise<Layout> {
  const root = await mkdtemp(join(tmpdir(), 'vulcan-test-'))
  t.after(() => rm(root, { recursive: true }))
  const libexecDir = process.env['VULCAN_LIBEXEC']
  assert.ok(libexecDir, 'VULCAN_LIBEXEC must name the directory of vulcan-launch')
  return {
    homeDir: join(root, 'home'),
    runDir: join(root, 'run'),
    leasesDir: join(root, 'leases'),
    libexecDir,
  }
}

const isLeased = (layout: Layout, uid: number) =>
  lstatSync(leasePath(layout, 'uid', uid), { throwIfNoEntry: false }) !== undefined

/** A VM with everything that a VM can hold, its process included. */
async function makeVm(layout: Layout, ownerId: string) {
  const holding = new Holding(layout, 'vms', VM_ID, ownerId)
  const manifest = new Manifest(holding)
  await manifest.open()
  new Journal(holding).opened(FACTS)
  const uid = await lease(layout, 'uid', holding, (uid) => manifest.record({ kind: 'uid', uid }))
  const scratch = scratchDir(layout, await readBootId())
  await mkdir(scratch, { recursive: true })
  const scratchPath = join(scratch, `${VM_ID}.ext4`)
  manifest.record({ kind: 'scratch', path: scratchPath })
  await writeFile(scratchPath, '')
  manifest.record({ kind: 'vmm' })
  const vmm = spawn(launchPath(layout), [
    ...['exec', '--record', holding.recordPath, '--', '/bin/sh', '-c', 'echo up; exec sleep 600'],
  ])
  await once(vmm.stdout, 'data')
  return { holding, uid, scratchPath, ended: once(vmm, 'exit') }
}

const writeManifest = (holding: Holding, resources: object[]) =>
  writeFile(
    holding.manifestPath,
    resources.map((resource) => `${JSON.stringify(resource)}\n`).join(''),
  )

test('release gives back everything that the manifest names', async (t) => {
  const layout = await newLayout(t)
  await using owner = await becomeOwner(layout)
  const { holding, uid, scratchPath, ended } = await makeVm(layout, owner.ownerId)
  await releaseHolding(holding, layout)
  assert.deepEqual(await ended, [null, 'SIGKILL'])
  assert.equal(isLeased(layout, uid), false)
  assert.equal(existsSync(scratchPath), false)
  assert.equal(existsSync(holding.path), false)
})

test('a release that comes twice is content', async (t) => {
  const layout = await newLayout(t)
  await using owner = await becomeOwner(layout)
  const { holding } = await makeVm(layout, owner.ownerId)
  await releaseHolding(holding, layout)
  await releaseHolding(holding, layout)
})

test('what was named but never made does not disturb a release', async (t) => {
  const layout = await newLayout(t)
  await using owner = await becomeOwner(layout)
  const holding = new Holding(layout, 'vms', VM_ID, owner.ownerId)
  const manifest = new Manifest(holding)
  await manifest.open()
  manifest.record({ kind: 'uid', uid: 1_900_000_000 })
  manifest.record({ kind: 'scratch', path: join(scratchDir(layout, 'boot'), 'x.ext4') })
  manifest.record({ kind: 'vmm' })
  await writeFile(holding.manifestPath, '{"kind":"scr', { flag: 'a' })
  await releaseHolding(holding, layout)
  assert.equal(existsSync(holding.path), false)
})

test('a lease of another VM is not released', async (t) => {
  const layout = await newLayout(t)
  await using owner = await becomeOwner(layout)
  const other = new Holding(layout, 'vms', 'another', owner.ownerId)
  await symlink(other.name, leasePath(layout, 'uid', 1_900_000_007))
  const holding = new Holding(layout, 'vms', VM_ID, owner.ownerId)
  const manifest = new Manifest(holding)
  await manifest.open()
  manifest.record({ kind: 'uid', uid: 1_900_000_007 })
  await releaseHolding(holding, layout)
  assert.equal(isLeased(layout, 1_900_000_007), true)
})

test('a manifest that names a file elsewhere removes nothing, and stays to be looked at', async (t) => {
  const layout = await newLayout(t)
  await using owner = await becomeOwner(layout)
  const elsewhere = join(layout.runDir, 'precious')
  await writeFile(elsewhere, '')
  const holding = new Holding(layout, 'vms', VM_ID, owner.ownerId)
  const manifest = new Manifest(holding)
  await manifest.open()
  manifest.record({ kind: 'scratch', path: elsewhere })
  await assert.rejects(releaseHolding(holding, layout), ReleaseError)
  assert.equal(existsSync(elsewhere), true)
  assert.equal(existsSync(holding.manifestPath), true)
})

test('the VMs of a dead owner are claimed and released', async (t) => {
  const layout = await newLayout(t)
  await using owner = await becomeOwner(layout)
  const { uid, scratchPath, ended } = await makeVm(layout, 'deadbeef00')
  const recovery = await recover(layout, owner.ownerId)
  assert.deepEqual(recovery, { released: [VM_ID], failures: [] })
  const [end] = await listEnded(layout)
  assert.equal(end?.reason, 'owner_died')
  assert.deepEqual(
    end.resources.map(({ kind }) => kind),
    ['uid', 'scratch', 'vmm'],
  )
  assert.deepEqual(await ended, [null, 'SIGKILL'])
  assert.equal(existsSync(scratchPath), false)
  assert.equal(isLeased(layout, uid), false)
  assert.deepEqual(await readdir(join(layout.runDir, 'vms')), [])
  assert.deepEqual(await readdir(join(layout.runDir, 'owners')), [`${owner.ownerId}.lock`])
})

test('the VMs of a living owner are left alone', async (t) => {
  const layout = await newLayout(t)
  await using living = await becomeOwner(layout)
  await using other = await becomeOwner(layout)
  const { holding, ended } = await makeVm(layout, living.ownerId)
  assert.deepEqual(await recover(layout, other.ownerId), { released: [], failures: [] })
  assert.equal(existsSync(holding.recordPath), true)
  await releaseHolding(holding, layout)
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

test('what a living owner could not release before is released by its next recovery', async (t) => {
  const layout = await newLayout(t)
  await using owner = await becomeOwner(layout)
  const { holding, ended } = await makeVm(layout, owner.ownerId)
  const manifest = new Manifest(holding)
  const elsewhere = join(layout.runDir, 'precious')
  manifest.record({ kind: 'scratch', path: elsewhere })
  const inUse = await recover(layout, owner.ownerId, ({ id }) => id === VM_ID)
  assert.deepEqual(inUse, { released: [], failures: [] })
  const failing = await recover(layout, owner.ownerId, () => false)
  assert.equal(failing.failures[0] instanceof ReleaseError, true)
  await writeManifest(holding, [{ kind: 'vmm' }])
  assert.deepEqual((await recover(layout, owner.ownerId, () => false)).released, [VM_ID])
  await ended
})

test('a lease goes with the run directory that its holder was in', async (t) => {
  const layout = await newLayout(t)
  await using owner = await becomeOwner(layout)
  const gone = { ...layout, runDir: join(layout.runDir, 'gone') }
  const holding = new Holding(gone, 'vms', VM_ID, owner.ownerId)
  const uid = await lease(layout, 'uid', holding, () => undefined)
  assert.equal(isLeased(layout, uid), true)
  await recover(layout, owner.ownerId)
  assert.equal(isLeased(layout, uid), false)
})

test('the words of a VM that ended by itself outlive the death of its owner', async (t) => {
  const layout = await newLayout(t)
  await using owner = await becomeOwner(layout)
  const { holding, ended } = await makeVm(layout, 'deadbeef00')
  new Journal(holding).ended({ reason: 'exited', exitCode: 7, error: '' })
  await recover(layout, owner.ownerId)
  await ended
  const [end] = await listEnded(layout)
  assert.deepEqual([end?.reason, end?.exitCode, end?.id], ['exited', 7, VM_ID])
})

test('what a process that died while it kept an end has left goes with the next recovery', async (t) => {
  const layout = await newLayout(t)
  await using owner = await becomeOwner(layout)
  const { ended } = await makeVm(layout, 'deadbeef00')
  const path = join(endedDir(layout), `${VM_ID}.json`)
  // An end cannot be put in the place of a directory: the next best thing to dying before that.
  await mkdir(path, { recursive: true })
  const failing = await recover(layout, owner.ownerId)
  assert.equal(failing.failures.length, 1)
  await writeFile(`${path}.new`, 'cut')
  await rm(path, { recursive: true })
  await recover(layout, owner.ownerId, () => false)
  await ended
  assert.deepEqual(await readdir(endedDir(layout)), [`${VM_ID}.json`])
})

test('of a thousand and one ends the oldest makes room', async (t) => {
  const layout = await newLayout(t)
  await using owner = await becomeOwner(layout)
  await mkdir(endedDir(layout), { recursive: true })
  const older = (n: number) => `01K3Z5V7Q8R9S0T1V2W3X${String(n).padStart(5, '0')}`
  for (let n = 0; n < 1_000; n += 1) {
    await writeFile(join(endedDir(layout), `${older(n)}.json`), '')
  }
  const { holding, ended } = await makeVm(layout, owner.ownerId)
  await releaseHolding(holding, layout)
  await ended
  const names = await readdir(endedDir(layout))
  assert.equal(names.length, 1_000)
  assert.equal(names.includes(`${older(0)}.json`), false)
  assert.equal(names.includes(`${VM_ID}.json`), true)
})

const rootOnly = { skip: process.getuid?.() === 0 ? false : 'only root leases users to VMs' }

test(
  'what still runs as the user of a VM is gone when the user can be leased again',
  rootOnly,
  async (t) => {
    const layout = await newLayout(t)
    await using owner = await becomeOwner(layout)
    const holding = new Holding(layout, 'vms', VM_ID, owner.ownerId)
    const manifest = new Manifest(holding)
    await manifest.open()
    const uid = await lease(layout, 'uid', holding, (uid) => manifest.record({ kind: 'uid', uid }))
    const child = spawn('sleep', ['600'], { uid, gid: uid })
    await once(child, 'spawn')
    const ended = once(child, 'exit')
    await releaseHolding(holding, layout)
    assert.equal(isLeased(layout, uid), false)
    assert.deepEqual(await ended, [null, 'SIGKILL'])
  },
)
