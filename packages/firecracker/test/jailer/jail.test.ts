import assert from 'node:assert/strict'
import { lstatSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { hostPath, JailError, jailerArguments, locateJail, makeJail } from '../../src/index.ts'
import { newJail } from '../support/new-jail.ts'

const isInvalid = (error: unknown) => error instanceof JailError && error.code === 'jail_invalid'

test('a jail lies where the jailer makes it, with all links followed', async (context) => {
  const { outside } = await newJail(context)
  symlinkSync(outside, join(outside, 'link'))
  symlinkSync(join(outside, 'firecracker'), join(outside, 'fc'))
  const settings = { baseDir: join(outside, 'link/jails'), execFile: join(outside, 'fc') }
  const jail = await locateJail({ ...settings, id: 'vm-2', uid: 7, gid: 8 })
  assert.equal(jail.rootPath, join(outside, 'jails/firecracker/vm-2/root'))
  assert.equal(hostPath(jail, '/run/v.sock'), `${jail.rootPath}/run/v.sock`)
})

test('what the jailer refuses is refused before anything is made', async (context) => {
  const { jail } = await newJail(context)
  for (const wrong of [{ id: '' }, { id: 'a/b' }, { id: '..' }, { id: 'a'.repeat(65) }]) {
    await assert.rejects(locateJail({ ...jail, ...wrong }), isInvalid)
  }
  await assert.rejects(locateJail({ ...jail, uid: 0 }), isInvalid)
  await assert.rejects(locateJail({ ...jail, gid: 0 }), isInvalid)
  await assert.rejects(locateJail({ ...jail, execFile: '/nowhere' }), isInvalid)
  for (const path of ['v.sock', '/../v.sock', '/a/./b', '//a']) {
    assert.throws(() => hostPath(jail, path), isInvalid)
  }
})

test('an id is used once, and only we look into a jail', async (context) => {
  const { jail } = await newJail(context)
  assert.equal(lstatSync(jail.path).mode & 0o777, 0o700)
  assert.equal(lstatSync(jail.rootPath).mode & 0o777, 0o700)
  await assert.rejects(makeJail(jail), isInvalid)
})

test('the jailer is asked for all that was given, and never to weaken anything', async (context) => {
  const { jail } = await newJail(context)
  const base = [
    ...['--id', 'vm-1', '--exec-file', jail.execFile, '--chroot-base-dir', jail.baseDir],
    ...['--uid', String(jail.uid), '--gid', String(jail.gid)],
  ]
  assert.deepEqual(jailerArguments(jail), [...base, '--'])
  const cgroup = { version: 2, parent: 'vulcan', values: { 'pids.max': '40' } } as const
  const options = { netnsPath: '/run/netns/x', fileSizeBytesMax: 4096, openFilesMax: 64, cgroup }
  assert.deepEqual(jailerArguments(jail, options), [
    ...base,
    ...['--netns', '/run/netns/x'],
    ...['--resource-limit', 'fsize=4096', '--resource-limit', 'no-file=64'],
    ...['--cgroup-version', '2', '--parent-cgroup', 'vulcan', '--cgroup', 'pids.max=40'],
    '--',
  ])
})
