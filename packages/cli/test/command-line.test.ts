import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'

const MAIN = resolve(import.meta.dirname, '../src/main.ts')

/** Runs the command line; these tests end before any VM would be started. */
async function vulcan(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { exitCode, stdout, stderr }
}

async function temporaryDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'vulcan-test-'))
  t.after(() => rm(directory, { recursive: true }))
  return directory
}

for (const [what, args, line] of [
  [
    'a file that is not there',
    ['run', '/nowhere/x.py'],
    /^vulcan: cannot read .*: no such file or directory\n$/,
  ],
  [
    'a directory without a program',
    ['run', import.meta.dirname],
    /has no file of main\.py, index\.js, main\.go: say which with --entrypoint\n$/,
  ],
  [
    'an entrypoint that is not in the directory',
    ['run', '--entrypoint', 'x.py', import.meta.dirname],
    /has no file "x\.py"/,
  ],
  [
    'an entrypoint that leaves the directory',
    ['run', '--entrypoint', '../src/main.ts', import.meta.dirname],
    /^vulcan: entrypoint: must not contain/,
  ],
  [
    'an archive without an entrypoint',
    ['run', MAIN.replace('main.ts', 'x.tar.gz')],
    /no such file or directory\n$/,
  ],
  [
    'a suffix that is not known',
    ['run', MAIN.replace('main.ts', '../package.json')],
    /add --runtime\n$/,
  ],
  [
    'a runtime that is not known',
    ['run', '--runtime', 'ruby', '-c', 'x'],
    /takes go, node, python\n$/,
  ],
  ['nothing to run', ['run'], /^vulcan: nothing to run/],
  ['a flag that is not known', ['run', '--bogus'], /^vulcan: unknown option '--bogus'\n$/],
  ['a time-out that is none', ['run', '--timeout', 'soon', '-c', 'x'], /--timeout is "soon"/],
  ['memory out of range', ['run', '--memory', '1', '-c', 'x'], /^vulcan: memMib/],
  ['an assignment without a name', ['run', '-e', 'x', '-c', 'x'], /takes NAME=VALUE\n$/],
  ['an input that is not there', ['run', '--input', '/nowhere', '-c', 'x'], /^vulcan: cannot read/],
] as const) {
  test(`run with ${what} says so in one line and exits with 125`, async () => {
    const { exitCode, stdout, stderr } = await vulcan(args)
    assert.match(stderr, line)
    assert.equal(stderr.trimEnd().split('\n').length, 1)
    assert.equal(stdout, '')
    assert.equal(exitCode, 125)
  })
}

test('a file that is no text is refused', async (t) => {
  const file = join(await temporaryDirectory(t), 'binary.py')
  await writeFile(file, Uint8Array.of(0xff, 0xfe, 0x00))
  const { exitCode, stderr } = await vulcan(['run', file])
  assert.match(stderr, /is not a program: it is not UTF-8 text\n$/)
  assert.equal(exitCode, 125)
})

test('a variable with a wrong value is named', async () => {
  const { exitCode, stderr } = await vulcan(['run', '-c', 'x'], { VULCAN_VMM: 'vmware' })
  assert.equal(stderr, 'vulcan: VULCAN_VMM is "vmware", but takes auto, firecracker, qemu\n')
  assert.equal(exitCode, 125)
})

test('a run directory too long for a socket is refused before anything is made', async () => {
  const { exitCode, stderr } = await vulcan(['run', '-c', 'x'], {
    VULCAN_RUN: `/${'x'.repeat(80)}`,
  })
  assert.match(stderr, /^vulcan: VULCAN_RUN is .* takes a path of at most \d+ bytes/)
  assert.equal(exitCode, 125)
})

test('other commands exit with 2 for a usage error', async () => {
  const { exitCode, stderr } = await vulcan(['images', 'ls', '--bogus'])
  assert.match(stderr, /^vulcan: unknown option/)
  assert.equal(exitCode, 2)
})

test('an empty store is listed as a table without rows', async (t) => {
  const env = { VULCAN_HOME: await temporaryDirectory(t) }
  const { exitCode, stdout } = await vulcan(['images', 'ls'], env)
  assert.match(stdout, /^NAME +VERSION +HASH +SIZE +ON DISK +CREATED\n$/)
  assert.equal(exitCode, 0)
})

test('help and version exit with 0', async () => {
  assert.equal((await vulcan(['--help'])).exitCode, 0)
  assert.equal((await vulcan(['run', '--help'])).exitCode, 0)
  assert.equal((await vulcan(['--version'])).stdout, '0.1.0\n')
})
