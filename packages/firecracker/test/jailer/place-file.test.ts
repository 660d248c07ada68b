import assert from 'node:assert/strict'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { JailError, placeInJail } from '../../src/index.ts'
import { newJail } from '../support/new-jail.ts'

const isRefused = (error: unknown) =>
  error instanceof JailError && error.code === 'jail_file_refused'

function state(path: string) {
  const { ino, uid, gid, mode, nlink } = lstatSync(path)
  return { ino, uid, gid, mode: mode & 0o7777, nlink }
}

/** Without root the VM's user is the caller, whose files are all the VM's. */
const skip = process.getuid?.() === 0 ? false : 'only root has users to give away'

test('an image is linked, its owner and mode as they were', { skip }, async (context) => {
  const { jail, outside } = await newJail(context)
  const source = join(outside, 'image')
  writeFileSync(source, 'image', { mode: 0o444 })
  const before = state(source)
  symlinkSync(source, join(outside, 'link'))
  const placed = { source: join(outside, 'link'), name: 'vmlinux', access: 'read' } as const
  assert.equal(await placeInJail(jail, placed), '/vmlinux')
  assert.deepEqual(state(source), { ...before, nlink: 2 })
  assert.deepEqual(state(join(jail.rootPath, 'vmlinux')), { ...before, nlink: 2 })
})

test('what cannot be shared is copied, for everybody to read', { skip }, async (context) => {
  const { jail, outside } = await newJail(context)
  const source = join(outside, 'image')
  const read = { source, access: 'read' } as const
  writeFileSync(source, 'image')
  // Not readable for the VM's user, writable for everybody, the VM's user's own.
  const unsharable = [
    { mode: 0o600, uid: 0 },
    { mode: 0o666, uid: 0 },
    { mode: 0o644, uid: jail.uid },
  ]
  for (const [at, { mode, uid }] of unsharable.entries()) {
    chmodSync(source, mode)
    chownSync(source, uid, uid)
    const before = state(source)
    const name = `copy-${at}`
    await placeInJail(jail, { ...read, name })
    const copy = join(jail.rootPath, name)
    const { uid: owner, mode: copyMode, nlink } = state(copy)
    assert.deepEqual({ owner, copyMode, nlink }, { owner: 0, copyMode: 0o444, nlink: 1 })
    assert.equal(readFileSync(copy, 'utf8'), 'image')
    assert.deepEqual(state(source), before)
    const refused = { ...read, name: `refused-${at}`, otherwise: 'refuse' } as const
    await assert.rejects(placeInJail(jail, refused), isRefused)
  }
})

test('to write a VM gets its own files only', { skip }, async (context) => {
  const { jail, outside } = await newJail(context)
  const source = join(outside, 'scratch')
  writeFileSync(source, '', { mode: 0o600 })
  const scratch = { source, name: 'scratch', access: 'write' } as const
  await assert.rejects(placeInJail(jail, scratch), isRefused)
  chownSync(source, jail.uid, jail.gid)
  await placeInJail(jail, scratch)
  assert.equal(state(join(jail.rootPath, 'scratch')).ino, state(source).ino)
})

test('no name leads out of the jail, and nothing but files gets in', async (context) => {
  const { jail, outside } = await newJail(context)
  writeFileSync(join(outside, 'file'), '', { mode: 0o444 })
  mkdirSync(join(outside, 'directory'))
  const file = { source: join(outside, 'file'), access: 'read' } as const
  for (const name of ['', '.', '..', '../x', 'a/b']) {
    await assert.rejects(placeInJail(jail, { ...file, name }), isRefused)
  }
  for (const name of ['directory', 'missing']) {
    const source = join(outside, name)
    await assert.rejects(placeInJail(jail, { source, name: 'x', access: 'read' }), isRefused)
  }
  await placeInJail(jail, { ...file, name: 'x' })
  await assert.rejects(placeInJail(jail, { ...file, name: 'x' }), isRefused)
})
