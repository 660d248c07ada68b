import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { ImagesStamp } from '../src/steps/images-stamp.ts'
import { temporaryDirectory } from './temporary-directory.ts'

test('what was made from the same sources and agent, and is there, is not made again', async (t) => {
  const home = await temporaryDirectory(t)
  const of = (guest: string) => ImagesStamp.of(home, 'made-from', guest)
  assert.equal(await (await of('/guest')).isCurrent(['vmlinux']), false)
  await (await of('/guest')).remember(() => writeFile(join(home, 'vmlinux'), ''))
  assert.equal(await (await of('/guest')).isCurrent(['vmlinux']), true)
  assert.equal(await (await of('/guest')).isCurrent(['vmlinux', 'initrd']), false)
  assert.equal(await (await of('/another')).isCurrent(['vmlinux']), false)
})

test('a build that fails is not taken for done, whatever was there before', async (t) => {
  const home = await temporaryDirectory(t)
  const stamp = await ImagesStamp.of(home, 'made-from', '/guest')
  await stamp.remember(() => writeFile(join(home, 'vmlinux'), ''))
  await assert.rejects(
    stamp.remember(() => Promise.reject(new Error('no space'))),
    /no space/,
  )
  assert.equal(await stamp.isCurrent(['vmlinux']), false)
})
