import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chownSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { JailError, openInJail } from '../../src/index.ts'
import { newJail } from '../support/new-jail.ts'

const isRefused = (error: unknown) =>
  error instanceof JailError && error.code === 'jail_entry_refused'

/** A jail whose VMM has been taken over, and a file of the host's that it would like to reach. */
async function takenOver(context: TestContext) {
  const { jail, outside } = await newJail(context)
  const precious = join(outside, 'precious')
  writeFileSync(precious, 'precious')
  const write = (name: string) => {
    writeFileSync(join(jail.rootPath, name), 'from the VMM')
    chownSync(join(jail.rootPath, name), jail.uid, jail.gid)
  }
  return { jail, outside, precious, write }
}

test('what the VMM has written is read and continued', async (context) => {
  const { jail, write } = await takenOver(context)
  mkdirSync(join(jail.rootPath, 'snapshot'))
  write('snapshot/state')
  await using file = await openInJail(jail, '/snapshot/state')
  assert.equal(await file.readFile('utf8'), 'from the VMM')
  await using more = await openInJail(jail, '/snapshot/state', 'append')
  await more.write(' and from us')
  assert.equal(
    readFileSync(join(jail.rootPath, 'snapshot/state'), 'utf8'),
    'from the VMM and from us',
  )
})

for (const mode of ['read', 'append'] as const) {
  test(`a link in the place of a log, metrics or snapshot is not followed to ${mode}`, async (context) => {
    const { jail, outside, precious } = await takenOver(context)
    for (const name of ['log', 'metrics', 'snapshot']) {
      symlinkSync(precious, join(jail.rootPath, name))
      await assert.rejects(openInJail(jail, `/${name}`, mode), isRefused)
    }
    symlinkSync(outside, join(jail.rootPath, 'directory'))
    await assert.rejects(openInJail(jail, '/directory/precious', mode), isRefused)
    mkdirSync(join(jail.rootPath, 'a'))
    symlinkSync('../../../../..', join(jail.rootPath, 'a/b'))
    await assert.rejects(openInJail(jail, '/a/b/precious', mode), isRefused)
    assert.equal(readFileSync(precious, 'utf8'), 'precious')
  })
}

test('what is no file of its own is refused, without waiting for anybody', async (context) => {
  const { jail, write } = await takenOver(context)
  execFileSync('mkfifo', [join(jail.rootPath, 'fifo')])
  mkdirSync(join(jail.rootPath, 'directory'))
  write('file')
  linkSync(join(jail.rootPath, 'file'), join(jail.rootPath, 'second-name'))
  for (const name of ['fifo', 'directory', 'second-name', 'missing', '']) {
    await assert.rejects(openInJail(jail, `/${name}`), isRefused)
  }
})

test('a file of somebody else is refused', async (context) => {
  const { jail, write } = await takenOver(context)
  write('image')
  await assert.rejects(openInJail({ ...jail, uid: jail.uid + 1 }, '/image'), isRefused)
})
