import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { chmod, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createScratchDrive, ImageDamagedError } from '../src/index.ts'
import { temporaryHome } from './fixtures/temporary-home.ts'

const MIB = 1024 * 1024
const SIZE_MIB = 64

test('a scratch drive is a clean, sparse ext4 without journal that only its owner can read', async () => {
  await using home = await temporaryHome()
  const path = join(home.path, 'drive')
  await createScratchDrive({ home: home.path, path, sizeMib: SIZE_MIB })
  const { size, blocks, mode } = await stat(path)
  assert.equal(size, SIZE_MIB * MIB)
  assert.ok(blocks * 512 < MIB, `${blocks} blocks`)
  assert.equal(mode & 0o777, 0o600)
  assert.match(e2fs('e2fsck', '-fn', path), /11\/8192 files/)
  const features = e2fs('dumpe2fs', '-h', path)
  assert.doesNotMatch(features, /has_journal/)
  assert.match(features, /Reserved block count: +0\n/)
})

test('a drive belongs to whom it is made for', async () => {
  await using home = await temporaryHome()
  const path = join(home.path, 'drive')
  // Only root can give a file away.
  const [uid, gid] = process.getuid?.() === 0 ? [4711, 4712] : [userInfo().uid, userInfo().gid]
  await createScratchDrive({ home: home.path, path, sizeMib: SIZE_MIB, owner: { uid, gid } })
  const found = await stat(path)
  assert.deepEqual([found.uid, found.gid, found.mode & 0o777], [uid, gid, 0o600])
})

test("no guest's kernel has inode tables to zero in the background", async () => {
  await using home = await temporaryHome()
  const path = join(home.path, 'drive')
  await createScratchDrive({ home: home.path, path, sizeMib: 256 })
  const groups = e2fs('dumpe2fs', path).match(/^Group \d+:.*$/gm) ?? []
  assert.equal(groups.length, 2)
  for (const group of groups) assert.match(group, /ITABLE_ZEROED/)
})

test('all drives are the same, and those of a size share a template', async () => {
  await using home = await temporaryHome()
  for (const name of ['a', 'b']) {
    await createScratchDrive({ home: home.path, path: join(home.path, name), sizeMib: SIZE_MIB })
  }
  await createScratchDrive({ home: home.path, path: join(home.path, 'c'), sizeMib: 16 })
  const [a, b] = await Promise.all([readDrive(home.path, 'a'), readDrive(home.path, 'b')])
  assert.ok(a.equals(b))
  assert.equal(readdirSync(join(home.path, 'store')).length, 2)
})

test('drives made at once, the template with them, are whole', async () => {
  await using home = await temporaryHome()
  const paths = ['a', 'b', 'c'].map((name) => join(home.path, name))
  await Promise.all(
    paths.map((path) => createScratchDrive({ home: home.path, path, sizeMib: SIZE_MIB })),
  )
  for (const path of paths) assert.match(e2fs('e2fsck', '-fn', path), /11\/8192 files/)
})

test('what is at the path already, a link too, is never written to', async () => {
  await using home = await temporaryHome()
  const path = join(home.path, 'drive')
  await writeFile(path, 'mine')
  await symlink(path, join(home.path, 'link'))
  for (const taken of [path, join(home.path, 'link')]) {
    const creating = createScratchDrive({ home: home.path, path: taken, sizeMib: SIZE_MIB })
    await assert.rejects(creating, { code: 'EEXIST' })
  }
  assert.equal(await readFile(path, 'utf8'), 'mine')
})

test('a damaged template is refused, and no drive is left', async () => {
  await using home = await temporaryHome()
  const first = join(home.path, 'first')
  await createScratchDrive({ home: home.path, path: first, sizeMib: SIZE_MIB })
  const [artefact] = readdirSync(join(home.path, 'store'))
  const template = join(home.path, 'store', artefact!, 'template')
  const content = await readFile(template)
  const indexEnd = content.indexOf('\n')
  const damages: Buffer[] = [
    content.subarray(0, -1),
    content.subarray(0, indexEnd),
    Buffer.alloc(0),
    Buffer.concat([content.subarray(0, -1), Buffer.from('x')]),
    Buffer.from(
      content.toString('latin1').replace('"size_bytes":67108864', '"size_bytes":4096'),
      'latin1',
    ),
  ]
  await chmod(template, 0o644)
  for (const damaged of damages) {
    await writeFile(template, damaged)
    const path = join(home.path, 'second')
    const creating = createScratchDrive({ home: home.path, path, sizeMib: SIZE_MIB })
    await assert.rejects(creating, ImageDamagedError)
    await assert.rejects(stat(path), { code: 'ENOENT' })
  }
})

test('sizes out of range are refused before anything is made', async () => {
  await using home = await temporaryHome()
  for (const sizeMib of [0, -1, 15, 65_537, 64.5, Number.NaN]) {
    const path = join(home.path, 'drive')
    await assert.rejects(createScratchDrive({ home: home.path, path, sizeMib }), {
      name: 'ZodError',
    })
  }
  assert.deepEqual(readdirSync(home.path), [])
})

test('nothing is made after an abort', async () => {
  await using home = await temporaryHome()
  const signal = AbortSignal.abort(new Error('stopped'))
  const path = join(home.path, 'drive')
  await assert.rejects(
    createScratchDrive({ home: home.path, path, sizeMib: SIZE_MIB, signal }),
    /stopped/,
  )
  await assert.rejects(stat(path), { code: 'ENOENT' })
})

function readDrive(home: string, name: string): Promise<Buffer> {
  return readFile(join(home, name))
}

function e2fs(program: string, ...args: string[]): string {
  const PATH = `${process.env['PATH']}:/usr/sbin:/sbin`
  return execFileSync(program, args, { encoding: 'utf8', env: { PATH }, stdio: 'pipe' })
}
