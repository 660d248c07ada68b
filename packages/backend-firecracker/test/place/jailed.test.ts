import assert from 'node:assert/strict'
import { existsSync, lstatSync, readFileSync, statSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { FakeFirecracker, type FakeScript } from '@vulcan/firecracker/testing'
import { WorkloadSpec } from '@vulcan/schema'
import { FirecrackerBackend } from '../../src/backend.ts'
import { loadConfig } from '../../src/config.ts'
import { Holding } from '../../src/lifecycle/holding.ts'
import type { Layout } from '../../src/lifecycle/layout.ts'
import { jailsDir } from '../../src/lifecycle/layout.ts'
import { lease, leasePath } from '../../src/lifecycle/lease.ts'
import { Manifest, ReleaseError, releaseHolding } from '../../src/lifecycle/manifest.ts'
import { becomeOwner } from '../../src/lifecycle/owner.ts'
import { readBootId, recover } from '../../src/lifecycle/recover.ts'
import { Networks } from '../../src/networks.ts'
import { MessageReader, writeMessage } from '../../src/protocol/framing.ts'
import { READY, RESPONSE } from '../support/agent-messages.ts'
import { layoutIn } from '../support/layout-in.ts'

const VM_ID = '01K3Z5V7Q8R9S0T1V2W3X4Y5Z6'
const skip = process.getuid?.() === 0 ? false : 'only root makes jails'
const NEVER = new AbortController().signal

const EXITED = { type: 'result', response: RESPONSE }

/** Removed when the test has ended, and whatever else it made with `ending`. */
async function newLayout(t: TestContext, ending?: () => Promise<void>): Promise<Layout> {
  const root = await mkdtemp(join(tmpdir(), 'vj-'))
  t.after(async () => {
    await ending?.()
    await rm(root, { recursive: true })
  })
  return layoutIn(root, 0o444)
}

/** A backend whose VMs are jailed by the stand-in; `left` says what is still there of them. */
async function setUp(t: TestContext, script: FakeScript) {
  await using held = new AsyncDisposableStack()
  const layout = await newLayout(t, () => made.disposeAsync())
  const fake = held.use(new FakeFirecracker(script))
  const owner = held.use(await becomeOwner(layout))
  const releaseErrors: unknown[] = []
  const config = loadConfig({ VULCAN_FC_SCRATCH_MIB: '16' }, layout.homeDir)
  const { ownerId } = owner
  const onError = (error: unknown) => releaseErrors.push(error)
  const bootId = await readBootId()
  const backend = new FirecrackerBackend({
    layout,
    config,
    ownerId,
    networks: new Networks({ layout, config, ownerId, readySlots: 0, onError }),
    bootId,
    onReleaseError: onError,
    program: {
      name: 'firecracker',
      version: 'fake',
      reason: 'test',
      isolationStrength: 'emulated',
      binary: fake.binary,
      args: [],
      confinement: { kind: 'jailer', jailerPath: fake.jailer() },
      bootTimeoutMs: 60_000,
    },
  })
  held.defer(() => backend.shutdown())
  const made = held.move()
  const left = async () => {
    await backend.idle()
    assert.deepEqual(releaseErrors, [])
    return {
      vms: await readdir(join(layout.runDir, 'vms')),
      jails: await readdir(join(jailsDir(layout, bootId), 'firecracker')).catch(() => []),
      users: await readdir(join(layout.leasesDir, 'uid')),
    }
  }
  return { backend, fake, layout, left }
}

const NOTHING = { vms: [], jails: [], users: [] }
const spec = WorkloadSpec.parse({ id: VM_ID, runtime: 'python', code: 'print(1)' })

const cgroupsOf = (pid: number) =>
  readFileSync(`/proc/${pid}/cgroup`, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith(`/vulcan/${VM_ID}`))

test('a jailed VM has its own user, cgroup and files, and leaves none of them', {
  skip,
}, async (t) => {
  const seen: Record<string, unknown> = {}
  const { backend, layout, left } = await setUp(t, {
    readiness: READY,
    guest: async (connection, vm) => {
      const root = vm.jailRoot ?? assert.fail('it is in no jail')
      const status = readFileSync(`/proc/${vm.pid}/status`, 'utf8')
      const uid = Number(/^Uid:\t(\d+)\t/m.exec(status)?.[1])
      const describe = (name: string) => {
        const { uid: owner, mode, ino } = lstatSync(join(root, name))
        return { isOwn: owner === uid, mode: mode & 0o777, ino }
      }
      seen['path'] = root
      seen['isLeased'] = lstatSync(leasePath(layout, 'uid', uid)).isSymbolicLink()
      seen['gid'] = Number(/^Gid:\t(\d+)\t/m.exec(status)?.[1]) === uid
      seen['noNewPrivs'] = /^NoNewPrivs:\t1$/m.test(status)
      seen['cgroups'] = cgroupsOf(vm.pid).length > 0
      seen['network'] = statSync(`/proc/${vm.pid}/ns/net`).ino === statSync('/proc/self/ns/net').ino
      seen['kernel'] = describe('vmlinux')
      seen['scratch'] = { ...describe('scratch.ext4'), ino: 0 }
      seen['above'] = lstatSync(join(root, '..')).uid
      seen['configuration'] = vm.configuration?.drives.map(({ pathOnHost }) => pathOnHost)
      await new MessageReader(connection, 1 << 24).next()
      await writeMessage(connection, EXITED)
    },
  })
  const result = await backend.execute(spec, { signal: NEVER })
  assert.equal(result.outcome, 'exited')
  const root = join(jailsDir(layout, await readBootId()), 'firecracker', VM_ID, 'root')
  const kernel = statSync(join(layout.homeDir, 'vmlinux'))
  assert.deepEqual(seen, {
    path: root,
    isLeased: true,
    gid: true,
    noNewPrivs: true,
    cgroups: true,
    network: false,
    kernel: { isOwn: false, mode: 0o444, ino: kernel.ino },
    scratch: { isOwn: true, mode: 0o600, ino: 0 },
    above: 0,
    configuration: [join(root, 'rootfs.ext4'), join(root, 'scratch.ext4')],
  })
  assert.deepEqual(await left(), NOTHING)
  // The image itself is as it was.
  const { mode, uid, nlink } = statSync(join(layout.homeDir, 'vmlinux'))
  assert.deepEqual({ mode: mode & 0o777, uid, nlink }, { mode: 0o444, uid: 0, nlink: 1 })
})

test('links that a VMM plants in its jail lead the host nowhere', { skip }, async (t) => {
  const victims = await mkdtemp(join(tmpdir(), 'vj-'))
  t.after(() => rm(victims, { recursive: true }))
  let visits = 0
  const victim = createServer((socket) => {
    visits += 1
    socket.destroy()
  })
  victim.listen({ path: join(victims, 'agent.sock') })
  t.after(() => victim.close())
  await writeFile(join(victims, 'precious'), 'precious')
  const { backend, fake, layout, left } = await setUp(t, {})
  const root = join(jailsDir(layout, await readBootId()), 'firecracker', VM_ID, 'root')
  fake.script = {
    readiness: READY,
    // The guest takes its VMM over as soon as it runs: from now on its jail holds what it wants.
    onCall: async (call) => {
      if (call !== 'PUT /actions') return
      for (const name of ['v.sock', 'api.sock']) {
        await rename(join(root, name), join(root, `.${name}`))
        await symlink(join(victims, 'agent.sock'), join(root, name))
      }
      await rm(join(root, 'run'), { recursive: true })
      await symlink(victims, join(root, 'run'))
      await symlink(join(victims, 'precious'), join(root, 'metrics'))
      await mkdir(join(root, 'a/b/c'), { recursive: true })
      await symlink('/', join(root, 'a/b/c/root'))
    },
    guest: async (connection) => {
      await new MessageReader(connection, 1 << 24).next()
      await writeMessage(connection, EXITED)
    },
  }
  const result = await backend.execute(spec, { signal: NEVER })
  assert.equal(result.outcome, 'exited')
  assert.deepEqual(await left(), NOTHING)
  assert.equal(visits, 0)
  assert.deepEqual((await readdir(victims)).sort(), ['agent.sock', 'precious'])
})

test('a socket that is a link before the guest starts is refused', { skip }, async (t) => {
  const victims = await mkdtemp(join(tmpdir(), 'vj-'))
  t.after(() => rm(victims, { recursive: true }))
  const { backend, fake, layout, left } = await setUp(t, { readiness: READY })
  const root = join(jailsDir(layout, await readBootId()), 'firecracker', VM_ID, 'root')
  fake.script = {
    readiness: READY,
    onCall: async (call) => {
      if (call !== 'PUT /vsock') return
      await rename(join(root, 'v.sock'), join(root, '.v.sock'))
      await symlink(join(victims, 'agent.sock'), join(root, 'v.sock'))
    },
  }
  await assert.rejects(backend.execute(spec, { signal: NEVER }), (error: Error) => {
    assert.match(error.message, /v\.sock: it is no socket/)
    return true
  })
  assert.deepEqual(await left(), NOTHING)
  assert.equal(fake.vms[0]?.calls.includes('PUT /actions'), false)
})

test('a jailer that fails is told with its words, and leaves nothing', { skip }, async (t) => {
  const { backend, fake, left } = await setUp(t, { readiness: READY })
  await writeFile(fake.jailer(), '#!/bin/sh\necho "no chroot for you" >&2\nexit 1\n')
  await assert.rejects(backend.execute(spec, { signal: NEVER }), (error: Error) => {
    assert.match(error.message, /no chroot for you/)
    return true
  })
  assert.deepEqual(await left(), NOTHING)
})

/** A jail as an owner leaves it that dies. */
async function leftJail(layout: Layout, ownerId: string) {
  const holding = new Holding(layout, 'vms', VM_ID, ownerId)
  const manifest = new Manifest(holding)
  await manifest.open()
  const uid = await lease(layout, 'uid', holding, (uid) => manifest.record({ kind: 'uid', uid }))
  const path = join(jailsDir(layout, await readBootId()), 'firecracker', VM_ID)
  manifest.record({ kind: 'jail', path, uid })
  return { holding, manifest, path }
}

test('a dead owner leaves no jail, wherever it stopped', { skip }, async (t) => {
  const layout = await newLayout(t)
  await using owner = await becomeOwner(layout)
  for (const made of [[], ['root'], ['root', 'root/dev/net', 'root/vmlinux']]) {
    const { path } = await leftJail(layout, 'deadbeef00')
    for (const directory of made) await mkdir(join(path, directory), { recursive: true })
    const { released, failures } = await recover(layout, owner.ownerId)
    assert.deepEqual({ released, failures }, { released: [VM_ID], failures: [] })
    assert.equal(existsSync(path), false)
  }
})

test('a manifest that names another directory as its jail removes nothing', { skip }, async (t) => {
  const layout = await newLayout(t)
  await using owner = await becomeOwner(layout)
  const { holding, manifest, path } = await leftJail(layout, owner.ownerId)
  await mkdir(path, { recursive: true })
  const elsewhere = join(layout.homeDir, 'rootfs')
  manifest.record({ kind: 'jail', path: elsewhere, uid: 1_900_000_000 })
  await assert.rejects(releaseHolding(holding, layout), ReleaseError)
  assert.equal(existsSync(join(elsewhere, 'python.ext4')), true)
})

test('jails of an earlier boot of the machine are removed', { skip }, async (t) => {
  const layout = await newLayout(t)
  await using owner = await becomeOwner(layout)
  const jails = join(layout.homeDir, 'jail')
  await mkdir(join(jails, '00000000/firecracker/x/root/dev'), { recursive: true })
  const { failures } = await recover(layout, owner.ownerId)
  assert.deepEqual({ failures, jails: await readdir(jails) }, { failures: [], jails: [] })
})
