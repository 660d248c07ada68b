import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { removeJail } from '../../src/index.ts'
import { newJail } from '../support/new-jail.ts'

test('everything of a jail goes, and nothing that it links to', async (context) => {
  const { jail, outside } = await newJail(context)
  const { rootPath } = jail
  mkdirSync(join(outside, 'precious'))
  writeFileSync(join(outside, 'precious/file'), '')
  writeFileSync(join(outside, 'image'), 'image', { mode: 0o444 })
  linkSync(join(outside, 'image'), join(rootPath, 'vmlinux'))
  symlinkSync(join(outside, 'precious'), join(rootPath, 'to-directory'))
  symlinkSync(join(outside, 'precious/file'), join(rootPath, 'to-file'))
  symlinkSync('/', join(rootPath, 'dev'))
  mkdirSync(join(rootPath, 'run/a'), { recursive: true })
  symlinkSync('../../../../../../precious', join(rootPath, 'run/a/up'))
  execFileSync('mkfifo', [join(rootPath, 'fifo')])
  writeFileSync(Buffer.concat([Buffer.from(`${rootPath}/`), Buffer.from([0xff, 0x0a])]), '')
  mkdirSync(join(rootPath, 'closed'), { mode: 0o700 })
  await removeJail(jail.path)
  assert.equal(existsSync(jail.path), false)
  assert.deepEqual(readdirSync(join(outside, 'precious')), ['file'])
  const { mode, nlink } = lstatSync(join(outside, 'image'))
  assert.deepEqual({ mode: mode & 0o777, nlink }, { mode: 0o444, nlink: 1 })
})

test('a jail that is gone, or was never made, is no error', async (context) => {
  const { jail } = await newJail(context)
  await removeJail(jail.path)
  await removeJail(jail.path)
  await removeJail(join(jail.path, 'nowhere/x'))
})

test('directories are removed however deep a VMM has nested them', async (context) => {
  const { jail } = await newJail(context)
  // Longer than a path can be.
  let fd = openSync(jail.rootPath, 'r')
  for (let depth = 0; depth < 100; depth += 1) {
    const child = `/proc/self/fd/${fd}/${'d'.repeat(200)}`
    mkdirSync(child)
    const next = openSync(child, 'r')
    closeSync(fd)
    fd = next
  }
  closeSync(fd)
  await removeJail(jail.path)
  assert.equal(existsSync(jail.path), false)
})

const skip = process.getuid?.() === 0 ? false : 'only root mounts'

test('what is mounted in a jail stays, and so does the jail', { skip }, async (context) => {
  const { jail, outside } = await newJail(context)
  mkdirSync(join(outside, 'precious'))
  writeFileSync(join(outside, 'precious/file'), '')
  mkdirSync(join(jail.rootPath, 'mounted'))
  const remove = `
    import { removeJail } from ${JSON.stringify(join(import.meta.dirname, '../../src/index.ts'))}
    await removeJail(${JSON.stringify(jail.path)}).catch(({ code, problem }) => console.log(code, problem))`
  const script = 'mount --bind "$1" "$2" && exec "$3" --input-type=module --eval "$4"'
  const words = execFileSync(
    'unshare',
    [
      ...['--mount', 'sh', '-c', script, 'sh', join(outside, 'precious')],
      ...[join(jail.rootPath, 'mounted'), process.execPath, remove],
    ],
    { encoding: 'utf8' },
  )
  assert.match(words, /^jail_not_removed EBUSY/)
  assert.deepEqual(readdirSync(join(outside, 'precious')), ['file'])
  await removeJail(jail.path)
  assert.equal(existsSync(jail.path), false)
})
